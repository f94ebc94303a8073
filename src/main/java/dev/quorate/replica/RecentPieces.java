package dev.quorate.replica;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The last pieces of the log that were committed, up to a number of bytes. The loop writes, without a lock; any thread reads. */
final class RecentPieces {
    private static final int SLOTS = 1 << 16;

    private final long keptBytes;
    private final AtomicReferenceArray<WatchPiece> slots = new AtomicReferenceArray<>(SLOTS);
    private long bytes;
    private volatile long first;
    private volatile long end;

    RecentPieces(long keptBytes) {
        this.keptBytes = keptBytes;
    }

    long keptBytes() {
        return keptBytes;
    }

    /** Adds the piece that follows the last one. */
    void add(WatchPiece piece) {
        long number = end;
        slots.set(slot(number), piece);
        bytes += piece.sizeBytes();
        end = number + 1;
        while (end - first > 1 && (bytes > keptBytes || end - first == SLOTS)) {
            removeFirst();
        }
    }

    void clear() {
        while (first < end) {
            removeFirst();
        }
    }

    private void removeFirst() {
        long number = first;
        first = number + 1;
        WatchPiece removed = slots.getAndSet(slot(number), null);
        bytes -= removed.sizeBytes();
    }

    /** The piece that has an entry; null if none has it, or no longer. */
    @Nullable
    WatchPiece holding(long index) {
        long low = first;
        long high = end;
        WatchPiece found = null;
        while (low < high) {
            long middle = (low + high) >>> 1;
            WatchPiece piece = slots.get(slot(middle));
            if (piece == null || piece.last().index() < index) {
                low = middle + 1; // removed meanwhile: those before it are, too
            } else {
                found = piece;
                high = middle;
            }
        }
        return found != null && found.firstIndex() <= index ? found : null;
    }

    private static int slot(long number) {
        return (int) (number % SLOTS);
    }
}
