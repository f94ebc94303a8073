package dev.quorate.simulation;

import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.LogView;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** A model of the log: what was appended, and how much of it a crash leaves. */
final class SimLog implements LogView {
    private final List<Item> items = new ArrayList<>();
    private long synced;

    /** One entry. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Item(long term, EntryKind kind, byte[] payload) {}

    /** A run of entries. */
    record Batch(long firstIndex, List<Item> items) implements EntryBatch {
        @Override
        public int count() {
            return items.size();
        }

        @Override
        public long term(int offset) {
            return items.get(offset).term();
        }

        @Override
        public int sizeBytes() {
            return items.stream().mapToInt(item -> item.payload().length).sum();
        }
    }

    Item get(long index) {
        return items.get((int) index - 1);
    }

    long append(Item item) {
        items.add(item);
        return items.size();
    }

    void truncateFrom(long index) {
        items.subList((int) index - 1, items.size()).clear();
        synced = Math.min(synced, index - 1);
    }

    void syncUpTo(long index) {
        synced = Math.max(synced, Math.min(index, items.size()));
    }

    /** A crash leaves all that was synced and any prefix of the rest. */
    void crash(RandomGenerator random) {
        long kept = synced + random.nextLong(items.size() - synced + 1);
        items.subList((int) kept, items.size()).clear();
        synced = items.size();
    }

    @Override
    public long lastIndex() {
        return items.size();
    }

    @Override
    public long syncedIndex() {
        return synced;
    }

    @Override
    public long termAt(long index) {
        return index == 0 ? 0 : index > items.size() ? -1 : get(index).term();
    }

    @Override
    public long firstIndexOfTermAt(long index) {
        long first = index;
        while (first > 1 && termAt(first - 1) == termAt(index)) {
            first--;
        }
        return first;
    }

    @Override
    public Batch batch(long fromIndex, int maxBytes) {
        List<Item> taken = new ArrayList<>();
        int bytes = 0;
        for (long index = fromIndex; index <= items.size(); index++) {
            bytes += get(index).payload().length;
            if (!taken.isEmpty() && bytes > maxBytes) {
                break;
            }
            taken.add(get(index));
        }
        return new Batch(fromIndex, List.copyOf(taken));
    }
}
