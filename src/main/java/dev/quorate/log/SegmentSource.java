package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Has the next segment file ready, really allocated, before it is needed; so neither a start nor a write waits for it,
 * and a full disk shows here. Used by the writer's thread; files are filled on a thread of their own.
 */
final class SegmentSource {
    private final DataDirectory directory;
    private final int segmentSizeBytes;
    private @Nullable FutureTask<Path> next;
    private int made;

    SegmentSource(DataDirectory directory, int segmentSizeBytes) {
        this.directory = directory;
        this.segmentSizeBytes = segmentSizeBytes;
    }

    /** Begins to fill the next file, unless one is there that was too small for the last need. */
    void prepareNext() {
        if (next != null) {
            return;
        }
        Path file = newFile();
        FutureTask<Path> task = new FutureTask<>(() -> fill(file, segmentSizeBytes));
        next = task;
        Thread thread = new Thread(task, "quorate-prepare");
        thread.setDaemon(true);
        thread.start();
    }

    private Path newFile() {
        return directory.path().resolve("prepared-" + made++ + ".tmp");
    }

    /** A half filled file is removed: it would keep a full disk full. */
    private static Path fill(Path file, long sizeBytes) throws IOException {
        try {
            Segment.prepare(file, sizeBytes);
            return file;
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
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
        try {
            return fill(newFile(), Math.max(size, segmentSizeBytes));
        } catch (IOException e) {
            throw new NoSpaceException("no room for a segment of " + size + " bytes: " + e.getMessage(), e);
        }
    }

    private @Nullable Path prepared() throws IOException {
        FutureTask<Path> waiting = next;
        if (waiting == null) {
            return null;
        }
        try {
            return waiting.get();
        } catch (ExecutionException e) {
            next = null;
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a segment is prepared", e);
        }
    }

    /**
     * Makes the file the newest segment; returns when it, its header and the note of it are durable.
     *
     * @param afterSync all entries before it are on stable storage
     */
    Segment begin(Path prepared, SegmentFormat.Header header, boolean afterSync) throws IOException {
        Segment segment = Segment.begin(prepared, directory.path(), header, afterSync);
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
