package dev.quorate.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
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
    private volatile boolean hurried;
    private volatile long forcingSinceNanos;
    private volatile boolean forcing;

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

    /** How long the sync at hand has taken so far; zero where none is under way. Any thread. */
    Duration running() {
        return forcing ? Duration.ofNanos(Math.max(0, System.nanoTime() - forcingSinceNanos)) : Duration.ZERO;
    }

    boolean isIdle() {
        return slot.get() == null;
    }

    /** Hands over a request; called when idle. */
    void submit(Request request) {
        slot.set(request);
        LockSupport.unpark(thread);
    }

    /** Waits until the request at hand, if any, is done; a rest ends at once. */
    void awaitIdle() {
        hurried = true;
        LockSupport.unpark(thread);
        while (!isIdle() && !failed && thread.isAlive()) {
            LockSupport.parkNanos(this, 20_000);
        }
        hurried = false;
    }

    /** The writer itself synced all up to this index, and the log ends there; called when idle. */
    void forcedUpTo(long index) {
        syncedIndex = index;
    }

    /** A sync failed, wherever: told once, and final. */
    void fail(IOException cause, Path file) {
        failed = true;
        listener.syncFailed(cause, file);
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
        forcingSinceNanos = startNanos;
        forcing = true;
        for (Segment segment : request.segments) {
            try {
                segment.force();
            } catch (IOException | UncheckedIOException e) {
                fail(e instanceof IOException io ? io : new IOException(e), segment.file());
                return false;
            }
        }
        Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
        forcing = false;
        syncedIndex = request.index;
        // Busy until the rest is over: what gathers meanwhile then goes in one sync, and not one request early.
        rest();
        slot.set(null);
        listener.synced(request.index);
        if (entries > 0) {
            listener.forced(took, entries);
        }
        return true;
    }

    private void rest() {
        long end = System.nanoTime() + restNanos;
        for (long left = restNanos; left > 0 && !stopped && !hurried; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }
}
