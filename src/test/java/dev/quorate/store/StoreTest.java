package dev.quorate.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.InvariantViolation;
import dev.quorate.protocol.Position;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Undo and commit, and the rules of the repair overlay (protocol.md §2.3, §5), one test each. */
class StoreTest {
    private final Store store = new Store();

    // ---- newest, undo, commit --------------------------------------------------------------------------------------

    @Test
    void undoBringsBackValueAndAbsence() {
        put(1, "a", "old");
        put(2, "a", "new");
        put(3, "b", "new");
        delete(4, "a");
        store.undoFrom(2);
        assertEquals("old", value(store.get("a")));
        assertEquals(1, found("a").index());
        assertNull(store.get("b"));
    }

    @Test
    void committedEntriesLeaveNothingToUndo() {
        put(1, "a", "1");
        put(2, "a", "2");
        store.committed(2);
        assertEquals(0, store.undoBytes());
        assertThrows(InvariantViolation.class, () -> store.undoFrom(2));
        store.undoFrom(3);
        assertEquals("2", value(store.get("a")));
    }

    @Test
    void aReplayBelowTheKnownCommitIndexKeepsNoUndo() {
        store.committed(2);
        put(1, "a", "1");
        put(2, "a", "2");
        assertEquals(0, store.undoBytes());
        put(3, "a", "3");
        assertTrue(store.undoBytes() > 0);
        assertEquals("2", value(store.getCommitted("a", 2)));
    }

    @Test
    void aReplayOfTheSameEntriesGivesTheSameStore() {
        for (int round = 0; round < 2; round++) {
            put(1, "a", "1");
            delete(2, "a");
            put(3, "b", "3");
            store.committed(3);
        }
        assertNull(store.get("a"));
        assertEquals("3", value(store.get("b")));
        assertEquals(2, store.sizeBytes());
    }

    @Test
    void entriesAreNotAppliedBackwards() {
        put(2, "a", "2");
        assertThrows(InvariantViolation.class, () -> put(1, "a", "1"));
        assertEquals("2", value(store.get("a")));
    }

    @Test
    void theCommittedReadFindsTheNewestVersionAtOrBelow() {
        put(1, "a", "1");
        put(2, "a", "2");
        delete(3, "a");
        assertNull(store.getCommitted("a", 0));
        assertEquals("1", value(store.getCommitted("a", 1)));
        assertEquals("2", value(store.getCommitted("a", 2)));
        assertNull(store.getCommitted("a", 3));
        store.committed(2);
        assertThrows(InvariantViolation.class, () -> store.getCommitted("a", 1));
    }

    @Test
    void anOverwrittenKeyIsHeldOnceAndSoIsAContentType() {
        store.apply(1, 1, MutationCodec.put("a", new byte[1], "text/plain", 1, 0));
        KeyRecord first = found("a");
        store.apply(1, 2, MutationCodec.put("a", new byte[2], "text/plain", 1, 0));
        assertSame(first.key(), found("a").key());
        assertSame(first.contentType(), found("a").contentType());
    }

    // ---- the overlay -----------------------------------------------------------------------------------------------

    @Test
    void aRepairIsSeenByLocalReadsAlone() {
        put(1, "a", "old");
        assertTrue(repair("a", "new", 1, 5, 1, 1));
        assertEquals("new", value(store.getLocal("a")));
        assertEquals("old", value(store.get("a")));
        assertEquals("old", value(store.getCommitted("a", 1)));
        assertEquals(4, store.sizeBytes());
        store.forEach(record -> assertEquals("old", value(record)));
    }

    @Test
    void anAbsenceIsARepairToo() {
        put(1, "a", "old");
        assertTrue(repair("a", null, 1, 5, 1, 1));
        assertNull(store.getLocal("a"));
        assertNotNull(store.get("a"));
    }

    @Test
    void aRepairOfAnotherTermIsRefused() {
        assertFalse(repair("a", "new", 1, 5, 2, 1));
        assertFalse(repair("a", "new", 3, 5, 2, 1));
        assertNull(store.getLocal("a"));
    }

    @Test
    void aRepairAtOrBelowTheOwnLastPositionIsRefused() {
        assertFalse(repair("a", "new", 1, 4, 1, 5));
        assertFalse(repair("a", "new", 1, 5, 1, 5));
        assertTrue(repair("a", "new", 1, 6, 1, 5));
    }

    @Test
    void ofTwoRepairsTheHigherStays() {
        assertTrue(repair("a", "six", 1, 6, 1, 1));
        assertFalse(repair("a", "five", 1, 5, 1, 1));
        assertFalse(repair("a", "again", 1, 6, 1, 1));
        assertEquals("six", value(store.getLocal("a")));
        assertTrue(repair("a", null, 1, 7, 1, 1));
        assertNull(store.getLocal("a"));
    }

    @Test
    void aRepairGoesWhenTheLogPassesIt() {
        repair("a", "five", 1, 5, 1, 1);
        repair("b", "six", 1, 6, 1, 1);
        store.logAdvanced(new Position(1, 4));
        assertEquals("five", value(store.getLocal("a")));
        store.logAdvanced(new Position(1, 5));
        assertNull(store.getLocal("a"));
        assertEquals("six", value(store.getLocal("b")));
    }

    @Test
    void allRepairsGoWithTheTerm() {
        repair("a", "five", 1, 5, 1, 1);
        store.termChanged();
        assertNull(store.getLocal("a"));
    }

    @Test
    void anUndoLeavesRepairsAlone() {
        put(1, "a", "1");
        put(2, "a", "2");
        repair("a", "nine", 1, 9, 1, 2);
        store.undoFrom(2);
        assertEquals("nine", value(store.getLocal("a")));
        assertEquals("1", value(store.get("a")));
    }

    private KeyRecord found(String key) {
        return Objects.requireNonNull(store.get(key));
    }

    private boolean repair(String key, @Nullable String value, long term, long index, long ownTerm, long ownIndex) {
        KeyRecord record = value == null ? null : new KeyRecord(key, bytes(value), null, term, index, 0);
        return store.repair(key, record, new Position(term, index), ownTerm, new Position(1, ownIndex));
    }

    private void put(long index, String key, String value) {
        store.apply(1, index, MutationCodec.put(key, bytes(value), null, 1, 0));
    }

    private void delete(long index, String key) {
        store.apply(1, index, MutationCodec.delete(key, 1, 0));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable String value(@Nullable KeyRecord record) {
        return record == null ? null : new String(record.value(), StandardCharsets.UTF_8);
    }
}
