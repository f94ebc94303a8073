package dev.quorate.replica;

import dev.quorate.log.MadeRecords;
import dev.quorate.log.Records;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Outcome;
import dev.quorate.store.RequestHash;
import dev.quorate.store.Store;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A log as a plain list, and the state behind any of its entries as plain maps. */
final class PlainHistory {
    static final int REPLICAS = 3;
    private static final int KEYS = 8;
    private static final int RETRIES = 3;

    final List<Written> entries = new ArrayList<>();

    /**
     * An entry, and what it does.
     *
     * @param changes the keys it sets, and those it deletes, in order
     * @param retry its idempotency key, or null
     * @param admitted the replica that it admits, or -1
     * @param incarnation that of the replica
     */
    record Written(
            long term,
            EntryKind kind,
            ByteBuffer payload,
            List<Change> changes,
            @Nullable String retry,
            int admitted,
            long incarnation) {}

    /** @param value null for none: it is deleted */
    record Change(String key, @Nullable String value) {}

    /**
     * All that there is behind an entry.
     *
     * @param records of each key the version, the first word of the value, and its length
     */
    record State(
            Map<String, String> records,
            Map<String, Position> outcomes,
            Map<Integer, Long> admitted,
            long leaderTimeMs) {
        State() {
            this(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), 0);
        }
    }

    // ---- entries ---------------------------------------------------------------------------------------------------

    static Written noOp(long term) {
        return new Written(term, EntryKind.NO_OP, ByteBuffer.allocate(0), List.of(), null, -1, 0);
    }

    static Written admission(long term, int replica, long incarnation) {
        ByteBuffer payload = Admissions.encode(replica, incarnation);
        return new Written(term, EntryKind.ADMIT, payload, List.of(), null, replica, incarnation);
    }

    /** A mutation that no leader has stamped yet. */
    static Written mutation(long term, int operations, int valueBytes, long number, SplittableRandom random) {
        List<Change> changes = new ArrayList<>();
        MutationCodec.Builder mutation = new MutationCodec.Builder(1, 0);
        for (int i = 0; i < operations; i++) {
            String key = "key-" + random.nextInt(KEYS);
            if (random.nextInt(4) == 0) {
                changes.add(new Change(key, null));
                mutation.delete(key);
            } else {
                String value = number + "-" + i + " " + "x".repeat(random.nextInt(valueBytes));
                changes.add(new Change(key, value));
                mutation.put(key, value.getBytes(StandardCharsets.US_ASCII), null, 0);
            }
        }
        String retry = random.nextInt(3) == 0 ? "retry-" + random.nextInt(RETRIES) : null;
        if (retry != null) {
            mutation.outcome(retry, new RequestHash(number, 1));
        }
        return new Written(term, EntryKind.MUTATION, mutation.build(), changes, retry, -1, 0);
    }

    long lastIndex() {
        return entries.size();
    }

    Written entry(long index) {
        return entries.get((int) index - 1);
    }

    /** The same entries up to an index. */
    PlainHistory upTo(long index) {
        PlainHistory beginning = new PlainHistory();
        beginning.entries.addAll(entries.subList(0, (int) index));
        return beginning;
    }

    void cut(long lastIndex) {
        entries.subList((int) lastIndex, entries.size()).clear();
    }

    Records records(long fromIndex) {
        return MadeRecords.of(
                fromIndex,
                entries.subList((int) fromIndex - 1, entries.size()).stream()
                        .map(entry -> new MadeRecords.Entry(entry.term, entry.kind, entry.payload))
                        .toList());
    }

    Position position(long index) {
        return new Position(entry(index).term, index);
    }

    List<Position> termStarts() {
        List<Position> starts = new ArrayList<>();
        for (long index = 1; index <= lastIndex(); index++) {
            if (index == 1 || entry(index).term != entry(index - 1).term) {
                starts.add(position(index));
            }
        }
        return starts;
    }

    // ---- states ----------------------------------------------------------------------------------------------------

    State stateAt(long lastIndex) {
        State state = new State();
        long leaderTimeMs = 0;
        for (long index = 1; index <= lastIndex; index++) {
            Written entry = entry(index);
            Position version = position(index);
            for (Change change : entry.changes) {
                if (change.value == null) {
                    state.records.remove(change.key);
                } else {
                    state.records.put(change.key, seen(version, change.value));
                }
            }
            if (entry.retry != null) {
                state.outcomes.putIfAbsent(entry.retry, version);
            }
            if (entry.admitted >= 0) {
                state.admitted.put(entry.admitted, entry.incarnation);
            }
            if (entry.kind == EntryKind.MUTATION) {
                leaderTimeMs = Math.max(leaderTimeMs, MutationCodec.leaderTimeMs(entry.payload));
            }
        }
        return new State(state.records, state.outcomes, state.admitted, leaderTimeMs);
    }

    /** What a replica's storage holds, in the same words. */
    static State newest(Storage storage) {
        State state = new State();
        Store store = storage.store();
        store.forEach(record -> state.records.put(record.key(), seen(record)));
        for (int i = 0; i < RETRIES; i++) {
            Outcome outcome = store.outcome("retry-" + i);
            if (outcome != null) {
                state.outcomes.put("retry-" + i, outcome.version());
            }
        }
        for (int replica = 0; replica < REPLICAS; replica++) {
            long incarnation = storage.admissions().incarnation(replica, 0);
            if (incarnation != 0) {
                state.admitted.put(replica, incarnation);
            }
        }
        return new State(state.records, state.outcomes, state.admitted, store.leaderTimeMs());
    }

    /** The records as they were at an index, which the store finds through its undo tail. */
    static Map<String, String> recordsAt(Storage storage, long index) {
        Map<String, String> records = new TreeMap<>();
        for (int i = 0; i < KEYS; i++) {
            KeyRecord record = storage.store().getCommitted("key-" + i, index);
            if (record != null) {
                records.put(record.key(), seen(record));
            }
        }
        return records;
    }

    private static String seen(KeyRecord record) {
        return seen(record.version(), new String(record.value(), StandardCharsets.US_ASCII));
    }

    private static String seen(Position version, String value) {
        return version + " " + value.substring(0, value.indexOf(' ')) + " " + value.length();
    }
}
