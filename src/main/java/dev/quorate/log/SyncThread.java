package dev.quorate.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The thread that waits for the disk, so that nobody else does. One request at a time; under an interval it rests
 * between two. A failed sync ends it: the kernel may have dropped the pages, so a retry would prove nothing.
 */
final class SyncThread {
    private final AtomicReference<@Nullable Request> slot = new AtomicReference<>();
    private final SyncListener listener;
    private final long restNanos;
    private final Thread thread;
    private volatile long syncedIndex;
    private volatile boolean failed;
    private volatile boolean stopped;

    /** Segments in the order in which they must be durable, and the index that is synced then. */
    record Request(List<Segment> segments, long index) {}

    SyncThread(String name, SyncListener listener, Duration rest, long syncedIndex) {
        this.listener = listener;
        this.restNanos = rest.toNanos();
        this.syncedIndex = syncedIndex;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Highest index known to be on stable storage. */
    long syncedIndex() {
        return syncedIndex;
    }

    boolean hasFailed() {
        return failed;
    }

    boolean isIdle() {
        return slot.get() == null;
    }

    /** Hands over a request; called when idle. */
    void submit(Request request) {
        slot.set(request);
        LockSupport.unpark(thread);
    }

    /** Waits until the request at hand, if any, is done. */
    void awaitIdle() {
        while (!isIdle() && !failed && thread.isAlive()) {
            LockSupport.parkNanos(this, 20_000);
        }
    }

    /** The writer itself forced all up to this index and removes what is above; the thread is idle. */
    void forcedUpTo(long index) {
        syncedIndex = index;
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (true) {
            Request request = slot.get();
            if (request != null) {
                if (!sync(request)) {
                    return;
                }
            } else if (stopped) {
                return;
            } else {
                LockSupport.park(this);
            }
        }
    }

    private boolean sync(Request request) {
        long startNanos = System.nanoTime();
        long entries = request.index - syncedIndex;
        for (Segment segment : request.segments) {
            try {
                segment.force();
            } catch (IOException | UncheckedIOException e) {
                failed = true;
                IOException cause = e instanceof IOException io ? io : new IOException(e);
                listener.syncFailed(cause, segment.file());
                return false;
            }
        }
        syncedIndex = request.index;
        slot.set(null);
        listener.synced(request.index);
        if (entries > 0) {
            listener.forced(Duration.ofNanos(System.nanoTime() - startNanos), entries);
        }
        if (restNanos > 0 && !stopped) {
            LockSupport.parkNanos(this, restNanos);
        }
        return true;
    }
}
