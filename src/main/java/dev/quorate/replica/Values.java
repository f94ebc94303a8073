package dev.quorate.replica;

import dev.quorate.store.KeyRecord;
import org.jspecify.annotations.Nullable;

/** The store's records as edges see them, and back. */
final class Values {
    private Values() {}

    static @Nullable StoredValue asSeen(@Nullable KeyRecord record) {
        return record == null ? null : seen(record);
    }

    static StoredValue seen(KeyRecord record) {
        return new StoredValue(
                record.key(), record.value(), record.contentType(), record.version(), record.timestampMs());
    }

    static @Nullable KeyRecord stored(@Nullable StoredValue value) {
        return value == null
                ? null
                : new KeyRecord(
                        value.key(),
                        value.value(),
                        value.contentType(),
                        value.version().term(),
                        value.version().index(),
                        value.timestampMs());
    }
}
