package dev.quorate.replica;

import java.nio.ByteBuffer;

/**
 * Bytes of a snapshot file on their way to a follower.
 *
 * @param totalBytes size of the whole file
 * @param bytes some of it, from the offset that the request with it names; empty behind the end
 */
public record SnapshotPart(long totalBytes, ByteBuffer bytes) {}
