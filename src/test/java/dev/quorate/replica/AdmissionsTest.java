package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What the log says of incarnations, also when it is cut (protocol.md §6). */
class AdmissionsTest {
    private final Admissions admissions = new Admissions();

    @Test
    void theNewestEntryOfAReplicaCounts() {
        assertEquals(7, admissions.incarnation(1, 7));
        admissions.apply(3, Admissions.encode(1, 11));
        admissions.apply(5, Admissions.encode(1, 12));
        admissions.apply(6, Admissions.encode(2, 99));
        assertEquals(12, admissions.incarnation(1, 7));
        assertEquals(99, admissions.incarnation(2, 8));
        assertEquals(6, admissions.incarnation(0, 6));
    }

    @Test
    void anEntryThatATruncationTakesSaysNothingAnyMore() {
        admissions.apply(3, Admissions.encode(1, 11));
        admissions.apply(5, Admissions.encode(1, 12));
        admissions.undoFrom(5);
        assertEquals(11, admissions.incarnation(1, 7));
        admissions.undoFrom(1);
        assertEquals(7, admissions.incarnation(1, 7));
    }
}
