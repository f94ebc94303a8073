package dev.quorate.replica;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The journal of what happened to the replicas of this process: numbered, the last {@link #KEPT} of them kept. A reader
 * has no buffer of its own, only a place in the journal, so that one who does not read costs nothing, and is cut off
 * once what it has not read is no longer kept.
 */
@Singleton
public final class ClusterEvents {
    /** How many are kept: failovers of hours, in less than a megabyte. */
    public static final int KEPT = 1_000;

    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final Pattern ID = Pattern.compile("([0-9a-f]{8})-([0-9]{1,18})");

    private final String epoch;
    private final Duration idle;
    private final @Nullable ClusterEvent[] ring;
    private final List<Waiter> waiters = new ArrayList<>();
    private long last;
    private boolean closed;

    @Inject
    ClusterEvents() {
        this(String.format("%08x", new SecureRandom().nextInt()), KEPT, IDLE);
    }

    /**
     * A journal.
     *
     * @param epoch tells this run of the process from all others, eight hexadecimal digits
     * @param kept how many events are kept, 1 or more
     * @param idle after how long without an event a reader is shown that its stream lives
     */
    ClusterEvents(String epoch, int kept, Duration idle) {
        this.epoch = epoch;
        this.ring = new @Nullable ClusterEvent[kept];
        this.idle = idle;
    }

    /** What a reader is given. */
    public sealed interface Item permits Told, Gap, Idle, End {}

    /**
     * An event.
     *
     * @param id where it stands, to go on from; numbers are without gaps within a run of a process
     */
    public record Told(String id, ClusterEvent event) implements Item {
        private long number() {
            return Long.parseLong(id.substring(id.indexOf('-') + 1));
        }
    }

    /**
     * Before the first event: not all is there that came after the place the reader had.
     *
     * @param missing how many events, of all replicas, are no longer kept; -1 where nobody knows
     */
    public record Gap(long missing, String cause) implements Item {}

    /** There was no event for a while; the stream lives. */
    public record Idle() implements Item {}

    /**
     * The last item of a stream.
     *
     * @param missed how many events the reader was too slow for; 0 where the process ends
     */
    public record End(long missed, String cause) implements Item {}

    private static final class Reader {
        private final OptionalInt replica;
        private @Nullable Gap gap;
        /** Number of the last event that it was given, or that is not for it. */
        private long read;

        Reader(OptionalInt replica, @Nullable Gap gap, long read) {
            this.replica = replica;
            this.gap = gap;
            this.read = read;
        }

        boolean wants(ClusterEvent event) {
            return replica.isEmpty() || replica.getAsInt() == event.replica();
        }
    }

    private record Waiter(Reader reader, UniEmitter<? super Item> emitter) {}

    // ---- writing ---------------------------------------------------------------------------------------------------

    /** Takes note of an event. Any thread; returns at once: readers are told on threads of their own. */
    void publish(ClusterEvent event) {
        List<Waiter> woken = new ArrayList<>(0);
        Told told;
        synchronized (this) {
            last++;
            ring[place(last)] = event;
            told = new Told(id(last), event);
            for (Waiter waiter : waiters) {
                if (waiter.reader.wants(event)) {
                    woken.add(waiter);
                } else {
                    waiter.reader.read = last;
                }
            }
            waiters.removeAll(woken);
        }
        woken.forEach(waiter -> waiter.emitter.complete(told));
    }

    /** Ends all streams, now and later: an ordered stop would else wait for readers that never end. */
    @PreDestroy
    public void close() {
        List<Waiter> woken;
        synchronized (this) {
            closed = true;
            woken = List.copyOf(waiters);
            waiters.clear();
        }
        woken.forEach(waiter -> waiter.emitter.complete(ended()));
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    /**
     * The events from a place on, and then those to come, until the reader cancels, is too slow, or the process ends.
     * Nothing happens until it is subscribed to; each item is emitted on a worker thread, and only when asked for.
     *
     * @param after id of the last event the reader has; null for all that are kept
     * @param replica whose events; empty for all hosted
     * @throws IllegalArgumentException if {@code after} is no id of an event
     */
    public Multi<Item> after(@Nullable String after, OptionalInt replica) {
        Matcher id = ID.matcher(after == null ? id(0) : after);
        if (!id.matches()) {
            throw new IllegalArgumentException("not the id of an event, such as " + id(42) + ": " + after);
        }
        boolean own = id.group(1).equals(epoch);
        long number = Long.parseLong(id.group(2));
        return Multi.createFrom().deferred(() -> {
            Reader reader = after == null ? fromTheOldest(replica) : from(own, number, replica);
            return Multi.createBy().repeating().uni(() -> next(reader)).whilst(item -> !(item instanceof End));
        });
    }

    private synchronized Reader fromTheOldest(OptionalInt replica) {
        return new Reader(replica, null, oldest() - 1);
    }

    private synchronized Reader from(boolean own, long number, OptionalInt replica) {
        if (!own || number > last) {
            String cause = "the id is of another process, or of another run of this one; all that is kept follows";
            return new Reader(replica, new Gap(-1, cause), oldest() - 1);
        }
        long missing = oldest() - 1 - number;
        if (missing > 0) {
            String cause = "the last " + ring.length + " events are kept; " + missing + " after " + id(number)
                    + " are not among them";
            return new Reader(replica, new Gap(missing, cause), oldest() - 1);
        }
        return new Reader(replica, null, number);
    }

    /**
     * One item. The reader's place moves when the item is really on its way: an event that comes as the wait for it
     * runs out is found again by the next call.
     */
    private Uni<Item> next(Reader reader) {
        return Uni.createFrom()
                .<Item>emitter(emitter -> take(reader, emitter))
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .ifNoItem()
                .after(idle)
                .recoverWithItem(new Idle())
                .invoke(item -> took(reader, item));
    }

    private void take(Reader reader, UniEmitter<? super Item> emitter) {
        Waiter waiter = new Waiter(reader, emitter);
        Item item;
        synchronized (this) {
            item = find(reader);
            if (item == null) {
                reader.read = last;
                waiters.add(waiter);
            }
        }
        if (item != null) {
            emitter.complete(item);
        } else {
            emitter.onTermination(() -> forget(waiter));
        }
    }

    private @Nullable Item find(Reader reader) {
        if (closed) {
            return ended();
        }
        if (reader.gap != null) {
            return reader.gap;
        }
        long missed = oldest() - 1 - reader.read;
        if (missed > 0) {
            return new End(missed, "the reader is too slow: " + missed + " events it has not read are no longer kept");
        }
        for (long number = reader.read + 1; number <= last; number++) {
            ClusterEvent event = ring[place(number)];
            if (event != null && reader.wants(event)) {
                return new Told(id(number), event);
            }
        }
        return null;
    }

    private synchronized void took(Reader reader, Item item) {
        if (item instanceof Told told) {
            reader.read = told.number();
        } else if (item instanceof Gap) {
            reader.gap = null;
        }
    }

    private synchronized void forget(Waiter waiter) {
        waiters.remove(waiter);
    }

    /** How many readers wait for an event. */
    synchronized int waiting() {
        return waiters.size();
    }

    private long oldest() {
        return Math.max(1, last - ring.length + 1);
    }

    private int place(long number) {
        return (int) (number % ring.length);
    }

    private String id(long number) {
        return epoch + "-" + number;
    }

    private static End ended() {
        return new End(0, "the process is stopping");
    }
}
