package dev.quorate.simulation;

import dev.quorate.store.KeyRecord;
import dev.quorate.store.Store;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads a mutation by a fresh store, so that the expected state comes from the log's bytes alone. */
final class SimMutations {
    private SimMutations() {}

    /** What a put says. */
    record Put(String key, String value) {}

    static Put decode(byte[] payload) {
        Store scratch = new Store();
        scratch.apply(1, 1, ByteBuffer.wrap(payload));
        KeyRecord[] found = new KeyRecord[1];
        scratch.forEach(record -> found[0] = record);
        return new Put(found[0].key(), new String(found[0].value(), StandardCharsets.UTF_8));
    }
}
