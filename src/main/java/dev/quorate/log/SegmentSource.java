package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Has the next segment file ready, really allocated, before it is needed; so neither a start nor a write waits for it,
 * and a full disk shows here. Used by the writer's thread; files are filled on a thread of their own.
 */
final class SegmentSource {
    private final DataDirectory directory;
    private final int segmentSizeBytes;
    private @Nullable CompletableFuture<Path> next;
    private int made;

    SegmentSource(DataDirectory directory, int segmentSizeBytes) {
        this.directory = directory;
        this.segmentSizeBytes = segmentSizeBytes;
    }

    /** Begins to fill the next file. */
    void prepareNext() {
        Path file = directory.path().resolve("prepared-" + made++ + ".tmp");
        CompletableFuture<Path> filled = new CompletableFuture<>();
        next = filled;
        Thread thread = new Thread(() -> fill(file, segmentSizeBytes, filled), "quorate-prepare");
        thread.setDaemon(true);
        thread.start();
    }

    private static void fill(Path file, int sizeBytes, CompletableFuture<Path> filled) {
        try {
            Segment.prepare(file, sizeBytes);
            filled.complete(file);
        } catch (IOException e) {
            filled.completeExceptionally(e);
        }
    }

    /**
     * A file with room for the header and so many bytes: the one prepared, if it is large enough.
     *
     * @throws NoSpaceException if none could be made
     */
    Path take(int neededBytes) throws IOException {
        Path prepared = prepared();
        long size = SegmentFormat.HEADER_BYTES + (long) neededBytes;
        if (prepared != null && size <= segmentSizeBytes) {
            next = null;
            return prepared;
        }
        Path file = directory.path().resolve("prepared-" + made++ + ".tmp");
        try {
            Segment.prepare(file, Math.max(size, segmentSizeBytes));
            return file;
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw new NoSpaceException("no room for a segment of " + size + " bytes: " + e.getMessage(), e);
        }
    }

    private @Nullable Path prepared() throws IOException {
        CompletableFuture<Path> waiting = next;
        if (waiting == null) {
            return null;
        }
        try {
            return waiting.get();
        } catch (ExecutionException e) {
            next = null;
            Files.deleteIfExists(directory.path().resolve("prepared-" + (made - 1) + ".tmp"));
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a segment is prepared", e);
        }
    }

    /** Makes the file the newest segment; returns when it, its header and the note of it are durable. */
    Segment begin(Path prepared, SegmentFormat.Header header) throws IOException {
        Segment segment = Segment.begin(prepared, directory.path(), header);
        directory.writeNewestSegmentAndSync(header.sequence());
        return segment;
    }

    /** Waits for the file being filled and removes it. */
    void stop() throws IOException {
        Path prepared = prepared();
        if (prepared != null) {
            Files.deleteIfExists(prepared);
            next = null;
        }
    }
}
