package dev.quorate.replica;

import dev.quorate.protocol.Position;
import java.nio.file.Path;

/**
 * A replica's committed state in a file, which is a snapshot of its directory.
 *
 * @param file where it is; to be opened soon, as the snapshot after the next one removes it
 * @param position of the last entry whose effect is in it
 */
public record Backup(Path file, Position position) {}
