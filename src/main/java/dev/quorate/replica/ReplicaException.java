package dev.quorate.replica;

import dev.quorate.protocol.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operating error whose type tells what became of the request, and so what a retry means. */
public abstract sealed class ReplicaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private ReplicaException(String message) {
        super(message, null, false, false);
    }

    /** The outcome of a write that ended so, in the words of {@link ReplicaListener}; null stands for no failure. */
    static String outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return ReplicaListener.ACKNOWLEDGED;
        }
        if (failure instanceof QuorumTimeout) {
            return ReplicaListener.PENDING;
        }
        boolean refused = failure instanceof Unavailable || failure instanceof Overloaded || failure instanceof NoSpace;
        boolean nothingDone = refused
                || failure instanceof PreconditionFailed
                || failure instanceof KeyReused
                || failure instanceof ReadTimeout; // of a write: a precondition did not hold, and it was not written
        return nothingDone ? ReplicaListener.NONE : ReplicaListener.UNKNOWN;
    }

    /** Nothing was done: there is no leader here, or it does not take requests yet. The message says who is awaited. */
    public static final class Unavailable extends ReplicaException {
        private static final long serialVersionUID = 1L;

        /** With a sentence fit for a client. */
        public Unavailable(String message) {
            super(message);
        }
    }

    /** Nothing was done: too many requests wait. */
    public static final class Overloaded extends ReplicaException {
        private static final long serialVersionUID = 1L;

        /** With a sentence fit for a client. */
        public Overloaded(String message) {
            super(message);
        }
    }

    /** Nothing was done: no space, on disk or in the store's quota. Reads go on. */
    public abstract static sealed class NoSpace extends ReplicaException {
        private static final long serialVersionUID = 1L;

        private NoSpace(String message) {
            super(message);
        }
    }

    /** A disk is full. */
    public static final class DiskFull extends NoSpace {
        private static final long serialVersionUID = 1L;
        private final long neededBytes;
        private final long freeBytes;

        /**
         * Says so.
         *
         * @param where begins the sentence for a client
         * @param neededBytes what the file would take that could not be made
         * @param freeBytes what is free on the disk
         */
        public DiskFull(String where, long neededBytes, long freeBytes) {
            super(where + ": it needs " + neededBytes + " bytes, and " + freeBytes + " are free");
            this.neededBytes = neededBytes;
            this.freeBytes = freeBytes;
        }

        /** What the file would take. */
        public long neededBytes() {
            return neededBytes;
        }

        /** What is free. */
        public long freeBytes() {
            return freeBytes;
        }
    }

    /** The store's quota is used up. */
    public static final class StoreFull extends NoSpace {
        private static final long serialVersionUID = 1L;
        private final long usedBytes;
        private final long limitBytes;

        /** With a sentence fit for a client, and how much of how much is used. */
        public StoreFull(String message, long usedBytes, long limitBytes) {
            super(message);
            this.usedBytes = usedBytes;
            this.limitBytes = limitBytes;
        }

        /** What the store holds. */
        public long usedBytes() {
            return usedBytes;
        }

        /** What it may hold. */
        public long limitBytes() {
            return limitBytes;
        }
    }

    /**
     * A key that is not as a write demands.
     *
     * @param operation which operation of the request, from 0
     * @param version the key's version, or null where it is absent
     */
    public record Mismatch(
            int operation, String key, @Nullable Position version) {}

    /** Nothing was done: preconditions did not hold. Under a majority and more it is a linearizable read of that. */
    public static final class PreconditionFailed extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final transient List<Mismatch> mismatches;

        /** With what did not hold, 1 or more. */
        public PreconditionFailed(List<Mismatch> mismatches) {
            super("the precondition of " + mismatches.size() + (mismatches.size() == 1 ? " key" : " keys")
                    + " does not hold; nothing was written");
            this.mismatches = List.copyOf(mismatches);
        }

        /** What did not hold, in the order of the operations. */
        public List<Mismatch> mismatches() {
            return mismatches;
        }
    }

    /** Nothing was done: the idempotency key came before, with another request. */
    public static final class KeyReused extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final transient Position version;

        /** With the version that the other request wrote. */
        public KeyReused(Position version) {
            super("the idempotency key belongs to another request, which wrote version " + version);
            this.version = version;
        }

        /** What the other request wrote. */
        public Position version() {
            return version;
        }
    }

    /** The outcome is unknown: the replica stopped leading, or stopped for good, while the write waited. */
    public static final class Unknown extends ReplicaException {
        private static final long serialVersionUID = 1L;

        /** With a sentence fit for a client. */
        public Unknown(String message) {
            super(message);
        }
    }

    /** The entry stays in the log, pending: too few replicas had it in time. */
    public static final class QuorumTimeout extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final transient Receipt soFar;

        /** With what was reached until then. */
        public QuorumTimeout(Receipt soFar) {
            super("only " + soFar.acknowledgedBy().size() + " of " + soFar.required()
                    + " replicas acknowledged the write in time; it stays in the log");
            this.soFar = soFar;
        }

        /** How many replicas were asked for. */
        public int required() {
            return soFar.required();
        }

        /** The replicas that have it. */
        public List<Integer> acknowledgedBy() {
            return soFar.acknowledgedBy();
        }

        /** Position of the entry. */
        public Position version() {
            return soFar.version();
        }

        /** As in {@link Receipt#committed}. */
        public String committed() {
            return soFar.committed();
        }
    }

    /** A read had to wait for the log, and for too long. Nothing was done. */
    public static final class ReadTimeout extends ReplicaException {
        private static final long serialVersionUID = 1L;

        /** With a sentence fit for a client. */
        public ReadTimeout(String message) {
            super(message);
        }
    }

    /** A read asked to reflect a position that the replica did not reach in time; another may be further. */
    public static final class PositionNotReached extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final transient Position position;
        private final transient Position reached;

        /** With what was asked for, and how far the replica is. */
        public PositionNotReached(Position position, Position reached) {
            super("the replica did not reach position " + position + " in time; it is at " + reached);
            this.position = position;
            this.reached = reached;
        }

        /** What was asked for. */
        public Position position() {
            return position;
        }

        /** The last position of the replica's log. */
        public Position reached() {
            return reached;
        }
    }

    /** A read asked to reflect a position whose entry a failover has removed: no replica will ever reach it. */
    public static final class PositionDiscarded extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final transient Position position;

        /** With what was asked for. */
        public PositionDiscarded(Position position) {
            super("position " + position + " is no longer part of the log; drop it, and read again what you rely on");
            this.position = position;
        }

        /** What was asked for. */
        public Position position() {
            return position;
        }
    }

    /** A watch asked to begin behind a position from which the log is no longer kept. */
    public static final class Compacted extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final transient Position first;

        /** With what was asked for, and the first position that can be had. */
        public Compacted(Position position, Position first) {
            super("what follows position " + position + " is no longer in the log; list the keys again, and watch from"
                    + " there, or from " + first);
            this.first = first;
        }

        /** The first position that can be had. */
        public Position first() {
            return first;
        }
    }

    /** A watch asked to begin where as many go on as may. */
    public static final class TooManyWatchers extends ReplicaException {
        private static final long serialVersionUID = 1L;

        /** With how many may. */
        public TooManyWatchers(int limit) {
            super("this replica has " + limit + " watchers, and takes no more");
        }
    }

    /** A read found too few replicas that answered in time. */
    public static final class TooFewReplies extends ReplicaException {
        private static final long serialVersionUID = 1L;
        private final int required;
        private final int answered;

        /** With how many were asked for and how many answered. */
        public TooFewReplies(int required, int answered) {
            super("only " + answered + " of " + required + " replicas answered the read in time");
            this.required = required;
            this.answered = answered;
        }

        /** How many were asked for. */
        public int required() {
            return required;
        }

        /** How many answered. */
        public int answered() {
            return answered;
        }
    }
}
