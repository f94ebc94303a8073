package dev.quorate.simulation;

import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * What is under way between two replicas.
 *
 * @param toIncarnation the directory it is for: another one refuses it; {@link #ANY} for who does not know
 */
record Parcel(int from, long fromIncarnation, int to, long toIncarnation, Content content) {
    static final long ANY = 0;

    /** What it holds. */
    sealed interface Content {}

    /** A message of the core. */
    record Core(Message message) implements Content {}

    /**
     * A part of a snapshot.
     *
     * @param snapshot what it is a part of
     */
    record Part(InstallRequest request, SimSnapshot snapshot) implements Content {}

    /** The sender's directory is new: it asks to join. */
    record JoinAsk() implements Content {}

    /** A leader's record of a key, or its absence (protocol.md §5). */
    record Repair(long term, Position at, int key, @Nullable KeyRecord record) implements Content {}

    @Override
    public String toString() {
        Object what = content instanceof Core core ? core.message() : content;
        return from + "#" + fromIncarnation + "->" + to + "#" + toIncarnation + " " + what;
    }
}
