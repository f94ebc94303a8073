package dev.quorate.protocol;

/**
 * A place in the replicated log: the term in which an entry was appended and its index. Positions order the whole
 * history, first by term, then by index (Raft §5.4.1); wall-clock time orders nothing. The position of the entry that
 * wrote a record is that record's version, written {@code "3.42"}.
 *
 * @param term the leader's term, 0 before the first entry
 * @param index the entry's index, from 1 without gaps; 0 before the first entry
 */
public record Position(long term, long index) implements Comparable<Position> {
    /** The place before the first entry. */
    public static final Position NONE = new Position(0, 0);

    /** @throws IllegalArgumentException if a part is negative */
    public Position {
        if (term < 0 || index < 0) {
            throw new IllegalArgumentException("a position has no negative part: " + term + "." + index);
        }
    }

    /**
     * Reads the written form.
     *
     * @throws IllegalArgumentException if {@code text} is not two decimal numbers joined by a dot
     */
    public static Position parse(String text) {
        int dot = text.indexOf('.');
        if (dot <= 0) {
            throw new IllegalArgumentException("not a position, expected term.index: " + text);
        }
        return new Position(Long.parseLong(text.substring(0, dot)), Long.parseLong(text.substring(dot + 1)));
    }

    /** Whether this position is later in history than the other. */
    public boolean isAfter(Position other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Position other) {
        int byTerm = Long.compare(term, other.term);
        return byTerm != 0 ? byTerm : Long.compare(index, other.index);
    }

    @Override
    public String toString() {
        return term + "." + index;
    }
}
