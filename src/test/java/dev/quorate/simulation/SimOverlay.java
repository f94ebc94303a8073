package dev.quorate.simulation;

import dev.quorate.protocol.Position;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What read repair gave a replica, by key, as it should be: the store's own overlay is held against it. */
final class SimOverlay {
    private final Parcel.@Nullable Repair[] repairs = new Parcel.@Nullable Repair[SimEntry.KEYS];

    Parcel.@Nullable Repair at(int key) {
        return repairs[key];
    }

    /** Whether a repair of the current term is ahead of the log and of what is there. */
    boolean mayTake(Parcel.Repair repair, Position ownLast) {
        Parcel.Repair there = repairs[repair.key()];
        return repair.at().term() == repair.term()
                && repair.at().isAfter(ownLast)
                && (there == null || repair.at().isAfter(there.at()));
    }

    void take(Parcel.Repair repair) {
        repairs[repair.key()] = repair;
    }

    void dropUpTo(Position ownLast) {
        for (int key = 0; key < repairs.length; key++) {
            Parcel.Repair repair = repairs[key];
            if (repair != null && !repair.at().isAfter(ownLast)) {
                repairs[key] = null;
            }
        }
    }

    void clear() {
        Arrays.fill(repairs, null);
    }
}
