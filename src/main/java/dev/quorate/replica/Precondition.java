package dev.quorate.replica;

import dev.quorate.protocol.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a key for a write of it to be done; judged by the leader against its newest state.
 *
 * @param ifMatch the key must have one of these versions; null for no such demand
 * @param ifNoneMatch it must have none of these; null for no such demand
 */
public record Precondition(
        @Nullable Versions ifMatch, @Nullable Versions ifNoneMatch) {
    /** Holds always. */
    public static final Precondition NONE = new Precondition(null, null);

    /**
     * Some versions.
     *
     * @param any whether each version that there can be is one of them
     * @param listed those that are named
     */
    public record Versions(boolean any, List<Position> listed) {
        boolean include(@Nullable Position version) {
            return version != null && (any || listed.contains(version));
        }
    }

    /** @param version the key's newest, or null where it is absent */
    boolean holds(@Nullable Position version) {
        return (ifMatch == null || ifMatch.include(version)) && (ifNoneMatch == null || !ifNoneMatch.include(version));
    }

    /** Whether it demands nothing. */
    boolean isNone() {
        return ifMatch == null && ifNoneMatch == null;
    }
}
