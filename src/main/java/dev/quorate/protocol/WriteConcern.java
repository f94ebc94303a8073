package dev.quorate.protocol;

/**
 * How many replicas must have a write on stable storage, the leader among them, before it is acknowledged. Chosen by
 * each request; it never changes what the commit index is.
 */
public sealed interface WriteConcern {
    /** More than half of the replicas: survives any failover. */
    WriteConcern MAJORITY = new Named("majority");

    /** Every replica. */
    WriteConcern ALL = new Named("all");

    /**
     * The number of replicas asked for in a set.
     *
     * @param replicas size of the replica set, at least 1
     * @throws IllegalArgumentException if this concern is outside 1..{@code replicas}; the message names the range
     */
    int required(int replicas);

    /** A concern of exactly that many replicas; the range is checked by {@link #required}. */
    static WriteConcern of(int count) {
        return new Count(count);
    }

    /**
     * Reads {@code majority}, {@code all} or a decimal number.
     *
     * @throws IllegalArgumentException for any other text
     */
    static WriteConcern of(String text) {
        return switch (text) {
            case "majority" -> MAJORITY;
            case "all" -> ALL;
            default -> of(parse(text));
        };
    }

    private static int parse(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("w must be a number, majority or all, not " + text, e);
        }
    }

    /** A number of replicas. */
    record Count(int count) implements WriteConcern {
        @Override
        public int required(int replicas) {
            if (count < 1 || count > replicas) {
                throw new IllegalArgumentException("w must be 1.." + replicas + ", majority or all; it was " + count);
            }
            return count;
        }
    }

    /** A number that follows from the size of the set. */
    record Named(String name) implements WriteConcern {
        @Override
        public int required(int replicas) {
            return name.equals("all") ? replicas : Quorum.majority(replicas);
        }
    }
}
