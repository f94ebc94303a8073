package dev.quorate.replica;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a read.
 *
 * @param value the record, or null where the key is absent
 * @param replica who served it
 * @param role its role
 * @param position last position the answer can reflect
 * @param committed whether what it shows is committed, in the words of {@link Receipt#committed}, as far as the replica
 *     that served it knows
 * @param stalenessMs how old what it shows can be: all that was acknowledged so many milliseconds before is in it; -1
 *     where the replica cannot say, as it heard too little of a leader since its start
 */
public record ReadResult(
        @Nullable StoredValue value, int replica, Role role, Position position, String committed, long stalenessMs) {
    /** The same answer, reflecting at least that position as well. */
    public ReadResult atLeast(Position reached) {
        return reached.isAfter(position) ? new ReadResult(value, replica, role, reached, committed, stalenessMs) : this;
    }
}
