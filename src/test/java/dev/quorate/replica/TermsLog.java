package dev.quorate.replica;

import dev.quorate.protocol.EntryBatch;
import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A log of terms only. */
final class TermsLog implements LogView {
    final List<Long> terms = new ArrayList<>();

    void grow(Random random, int entries) {
        long term = terms.isEmpty() ? 1 : terms.get(terms.size() - 1);
        for (int i = 0; i < entries; i++) {
            term += random.nextInt(3) / 2;
            terms.add(term);
        }
    }

    @Override
    public long firstIndex() {
        return 1;
    }

    @Override
    public Position snapshot() {
        return Position.NONE;
    }

    @Override
    public long lastIndex() {
        return terms.size();
    }

    @Override
    public long syncedIndex() {
        return terms.size();
    }

    @Override
    public long termAt(long index) {
        return index == 0 ? 0 : index > terms.size() ? -1 : terms.get((int) index - 1);
    }

    @Override
    public long firstIndexOfTermAt(long index) {
        return terms.indexOf(termAt(index)) + 1L;
    }

    @Override
    public EntryBatch batch(long fromIndex, int maxBytes) {
        throw new UnsupportedOperationException("not read here");
    }
}
