package dev.quorate.log;

import dev.quorate.protocol.Position;
import java.util.List;

/**
 * What a snapshot is of.
 *
 * @param position of the last entry whose effect is in it, which was committed
 * @param writtenAtMs wall clock of when it was begun, for people
 * @param termStarts for each term with entries up to there, in order: the position of its first
 */
public record SnapshotHeader(Position position, long writtenAtMs, List<Position> termStarts) {
    /** Term of the entry at an index of the history that it is of; 0 above its end. */
    public long termAt(long index) {
        long term = 0;
        for (Position start : termStarts) {
            if (start.index() <= index && index <= position.index()) {
                term = start.term();
            }
        }
        return term;
    }
}
