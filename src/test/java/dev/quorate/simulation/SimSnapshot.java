package dev.quorate.simulation;

import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.Pin;
import dev.quorate.store.StateCodec;
import dev.quorate.store.Store;
import dev.quorate.store.StoreImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot: the bytes of the state that the entry at its end leaves.
 *
 * @param at the last entry that it covers
 * @param blocks the state
 */
record SimSnapshot(SimEntry at, List<ByteBuffer> blocks) {
    /** What stands in for a snapshot while there is none: the state of an empty log. */
    static SimSnapshot none(SimEntry root) {
        return new SimSnapshot(root, List.of());
    }

    /** What is saved: a flaw has what is newest, under the name of what is committed. */
    SimSnapshot flawed(Flaw flaw, Store store) {
        if (flaw != Flaw.SNAPSHOT_WITH_UNCOMMITTED_STATE) {
            return this;
        }
        StateCodec codec = new StateCodec();
        store.forEach(codec::add);
        return new SimSnapshot(at, List.of(copy(codec)));
    }

    private static ByteBuffer copy(StateCodec codec) {
        ByteBuffer bytes = codec.bytes();
        return ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    }

    /** A snapshot being written: as much goes in at a time as the schedule wants, and writes go on meanwhile. */
    static final class Writing {
        private final SimEntry at;
        private final Pin pin;
        private final List<ByteBuffer> blocks = new ArrayList<>();

        /** @param at what is committed now */
        Writing(SimEntry at, Store store) {
            this.at = at;
            this.pin = store.pin();
        }

        SimEntry at() {
            return at;
        }

        /** The whole snapshot, once all is in it; null before. Also null for ever where another state took the store's place. */
        @Nullable
        SimSnapshot goOn() {
            if (!pin.isOpen()) {
                return null;
            }
            StateCodec codec = new StateCodec();
            for (KeyRecord record : pin.next(1)) {
                codec.add(record);
            }
            blocks.add(copy(codec));
            if (!pin.isExhausted()) {
                return null;
            }
            pin.close();
            return new SimSnapshot(at, List.copyOf(blocks));
        }

        boolean isDead() {
            return !pin.isOpen();
        }
    }

    /** A snapshot that arrives in parts, in order; one that does not fit is answered with what is there. */
    static final class Receiving {
        private @Nullable SimSnapshot snapshot;
        private int parts;

        /** How many parts are there now. */
        int take(Parcel.Part part) {
            SimSnapshot arriving = part.snapshot();
            if (!arriving.equals(snapshot)) {
                snapshot = arriving;
                parts = 0;
            }
            if (part.request().offset() == parts && parts < arriving.parts()) {
                parts++;
            }
            return parts;
        }

        SimSnapshot whole(Position position) {
            SimSnapshot whole = snapshot;
            if (whole == null || parts < whole.parts() || !whole.at().position().equals(position)) {
                throw new SafetyViolation("to be installed is " + position + ", but " + whole + " is there");
            }
            return whole;
        }

        void forget() {
            snapshot = null;
            parts = 0;
        }
    }

    StoreImage image() {
        StoreImage image = new StoreImage();
        blocks.forEach(block -> StateCodec.read(block, image));
        return image;
    }

    /** How many requests it takes to send it. */
    int parts() {
        return Math.max(1, blocks.size());
    }
}
