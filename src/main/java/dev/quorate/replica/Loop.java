package dev.quorate.replica;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.MpscUnboundedArrayQueue;

/**
 * The one thread that touches a replica's state. Others {@link #offer} work; what gathered is run in one go and then
 * {@code afterDrain}, so that many appends share one sync and one send. Timers run on the same thread, on the monotonic
 * clock.
 */
final class Loop {
    private static final int DRAIN_LIMIT = 4096;

    private final MpscUnboundedArrayQueue<Runnable> queue = new MpscUnboundedArrayQueue<>(1024);
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::dueNanos));
    private final Runnable afterDrain;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private volatile boolean parked;
    private volatile boolean stopped;
    private volatile boolean ended;

    /**
     * A loop that is not running yet.
     *
     * @param onFailure told, on the loop, of what work threw; the loop has then stopped for good
     */
    Loop(String name, Runnable afterDrain, Consumer<Throwable> onFailure) {
        this.afterDrain = afterDrain;
        this.onFailure = onFailure;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Work that somebody waits for. */
    interface Work extends Runnable {
        /** Told instead of {@link #run} when the loop has ended. On any thread. */
        void abandon();
    }

    private record Timer(long dueNanos, Runnable work) {}

    void start() {
        thread.start();
    }

    /** Has the work run on the loop, soon. Any thread. Once the loop has ended it is abandoned instead. */
    void offer(Runnable work) {
        queue.offer(work);
        if (ended) {
            abandonQueued();
        } else if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** The loop, which alone took from the queue, has ended. */
    private synchronized void abandonQueued() {
        Runnable work;
        while ((work = queue.poll()) != null) {
            if (work instanceof Work awaited) {
                awaited.abandon();
            }
        }
    }

    /** Has the work run on the loop after a delay. Called on the loop only. */
    void after(Duration delay, Runnable work) {
        timers.add(new Timer(System.nanoTime() + delay.toNanos(), work));
    }

    /** Ends the loop once the work at hand is done. Called on the loop only. */
    void stop() {
        stopped = true;
    }

    /** Waits until the loop has ended. */
    void join() {
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
        try {
            while (!stopped) {
                runTimers();
                drain();
                afterDrain.run();
                parkUnlessWork();
            }
        } catch (RuntimeException | Error e) {
            // Not swallowed: a replica whose state may be half changed stops, with the cause in its log.
            stopped = true;
            onFailure.accept(e);
        } finally {
            ended = true;
            abandonQueued();
        }
    }

    private void drain() {
        // Nothing is taken once it stopped: what is left in the queue is told so at the end.
        for (int done = 0; done < DRAIN_LIMIT && !stopped; done++) {
            Runnable work = queue.poll();
            if (work == null) {
                return;
            }
            work.run();
        }
    }

    private void runTimers() {
        Timer next;
        while ((next = timers.peek()) != null && next.dueNanos - System.nanoTime() <= 0) {
            timers.poll();
            next.work.run();
        }
    }

    private void parkUnlessWork() {
        parked = true;
        try {
            if (!queue.isEmpty() || stopped) {
                return;
            }
            Timer next = timers.peek();
            if (next == null) {
                LockSupport.park(this);
            } else {
                long waitNanos = next.dueNanos - System.nanoTime();
                if (waitNanos > 0) {
                    LockSupport.parkNanos(this, waitNanos);
                }
            }
        } finally {
            parked = false;
        }
    }
}
