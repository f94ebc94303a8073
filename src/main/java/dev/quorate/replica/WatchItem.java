package dev.quorate.replica;

import dev.quorate.protocol.Position;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a watcher is given. */
public sealed interface WatchItem permits WatchItem.Told, WatchItem.At, WatchItem.End {
    /**
     * A committed change of a key.
     *
     * @param position where to go on from once this is taken: that of the change's entry, with the last change of the entry
     *     that the watcher is told; null with those before it
     */
    record Told(Change change, @Nullable Position position) implements WatchItem {}

    /** All up to a position is told: at the beginning, and where there was nothing to tell for a while. */
    record At(Position position) implements WatchItem {}

    /**
     * The last item.
     *
     * @param reason a word for programs
     * @param cause a sentence
     * @param resume where to go on from; where that is no longer kept, the first position that can be had
     */
    record End(Reason reason, String cause, Position resume) implements WatchItem {}

    /** Why a watch ended. */
    enum Reason {
        /** The reader did not take what was there: too much has come since. */
        TOO_SLOW("too-slow"),
        /** What comes next is no longer in the log. */
        COMPACTED("compacted"),
        /** The replica stops, or can no longer tell. */
        STOPPED("stopped");

        private final String label;

        Reason(String label) {
            this.label = label;
        }

        /** The word. */
        public String label() {
            return label;
        }
    }

    /** What an entry did to one key. Shared by all watchers that are told of it. */
    final class Change {
        private final String key;
        private final Position version;
        private final @Nullable StoredValue value;
        private final boolean expired;
        private volatile byte @Nullable [] shown;

        Change(String key, Position version, @Nullable StoredValue value, boolean expired) {
            this.key = key;
            this.version = version;
            this.value = value;
            this.expired = expired;
        }

        /** The key. */
        public String key() {
            return key;
        }

        /** Position of the entry. */
        public Position version() {
            return version;
        }

        /** Its record from then on, or null where it was removed. */
        public @Nullable StoredValue value() {
            return value;
        }

        /** Whether it was removed because its time was over, and not by a client. */
        public boolean isExpired() {
            return expired;
        }

        long sizeBytes() {
            StoredValue put = value;
            return key.length() + (put == null ? 0L : put.value().length);
        }

        /** What is made of it once, the same for all who ask, none of whom changes it. */
        public byte[] shown(Function<Change, byte[]> how) {
            byte[] made = shown;
            if (made == null) {
                made = how.apply(this);
                shown = made;
            }
            return made;
        }
    }
}
