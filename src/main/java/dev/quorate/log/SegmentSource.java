package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Has the next segment file ready, really allocated, before it is needed; so neither a start nor a write waits for it,
 * and a full disk shows here. Used by the writer's thread; files are filled on a thread of their own, which goes on
 * trying while the disk is full: a refused append costs nothing, and the first one after there is space is taken.
 */
final class SegmentSource {
    /** How the names of the threads begin that fill files. */
    static final String THREAD = "quorate-prepare-";

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final DataDirectory directory;
    private final int segmentSizeBytes;
    private @Nullable Preparation next;
    private int made;

    SegmentSource(DataDirectory directory, int segmentSizeBytes) {
        this.directory = directory;
        this.segmentSizeBytes = segmentSizeBytes;
    }

    /** Begins to fill the next file, unless one is there that was too small for the last need. */
    void prepareNext() {
        if (next == null) {
            next = new Preparation(newFile(), segmentSizeBytes);
            next.thread.start();
        }
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
     * A file with room for the header and so many bytes: the one prepared, if it is large enough. Waits for it while it
     * is filled for the first time only.
     *
     * @throws NoSpaceException if none could be made
     */
    Path take(int neededBytes) throws IOException {
        Preparation preparation = next;
        long size = SegmentFormat.HEADER_BYTES + (long) neededBytes;
        if (preparation != null && size <= segmentSizeBytes) {
            Path prepared = preparation.result();
            next = null;
            return prepared;
        }
        try {
            return fill(newFile(), Math.max(size, segmentSizeBytes));
        } catch (IOException e) {
            throw new NoSpaceException("no room for a segment of " + size + " bytes: " + e.getMessage(), size, e);
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
        if (next != null) {
            next.stop();
            next = null;
        }
    }

    /** A file being filled, again and again until there is room for it. */
    private static final class Preparation implements Runnable {
        private final Path file;
        private final long sizeBytes;
        private final CountDownLatch tried = new CountDownLatch(1);
        private final Thread thread;
        private volatile boolean ready;
        private volatile boolean stopped;
        private volatile @Nullable IOException failure;

        Preparation(Path file, long sizeBytes) {
            this.file = file;
            this.sizeBytes = sizeBytes;
            this.thread = new Thread(this, THREAD + DurableFiles.parent(file).getFileName());
            thread.setDaemon(true);
        }

        @Override
        public void run() {
            try {
                while (!stopped && !attempt()) {
                    tried.countDown();
                    LockSupport.parkNanos(this, RETRY_NANOS);
                }
            } finally {
                tried.countDown();
            }
        }

        /** After a failure only where it can succeed: what is filled in vain takes others' last space for a while. */
        private boolean attempt() {
            try {
                if (failure == null
                        || Files.getFileStore(DurableFiles.parent(file)).getUsableSpace() >= sizeBytes) {
                    fill(file, sizeBytes);
                    ready = true;
                }
            } catch (IOException e) {
                failure = e;
            }
            return ready;
        }

        Path result() throws IOException {
            try {
                tried.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while a segment is prepared", e);
            }
            if (!ready) {
                IOException why = failure;
                String reason = why == null ? "it could not be prepared" : String.valueOf(why.getMessage());
                throw new NoSpaceException(
                        "no room for a segment of " + sizeBytes + " bytes: " + reason, sizeBytes, why);
            }
            return file;
        }

        void stop() throws IOException {
            stopped = true;
            LockSupport.unpark(thread);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while a segment is prepared", e);
            }
            if (ready) {
                Files.deleteIfExists(file);
            }
        }
    }
}
