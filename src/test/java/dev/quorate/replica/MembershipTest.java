package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Stage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose messages a directory takes (protocol.md §1). */
class MembershipTest {
    private static final Membership FORMED =
            new Membership("quorate", 3, 1, "auto", Stage.FORMED, 7, 11, List.of(10L, 11L, 12L));

    @Test
    void onlyWhatIsForThisIncarnationOfThisSetIsTaken() {
        assertTrue(FORMED.admits(new Envelope("quorate", 7, 0, 1, 10, 11)));
        assertFalse(FORMED.admits(new Envelope("quorate", 7, 0, 1, 10, 99)), "another incarnation");
        assertTrue(FORMED.isForAnotherIncarnation(new Envelope("quorate", 7, 0, 1, 10, 99)));
        assertFalse(FORMED.isForAnotherIncarnation(new Envelope("quorate", 8, 0, 1, 10, 99)));
        assertFalse(FORMED.admits(new Envelope("quorate", 8, 0, 1, 10, 11)), "another set");
        assertFalse(FORMED.admits(new Envelope("other", 7, 0, 1, 10, 11)), "another name");
        assertFalse(FORMED.admits(new Envelope("quorate", 7, 0, 2, 10, 11)), "another replica");
    }

    @Test
    void theSenderIsAnotherReplicaOfTheSet() {
        for (int from : List.of(-1, 1, 3)) {
            assertFalse(FORMED.admits(new Envelope("quorate", 7, from, 1, 10, 11)), "from " + from);
        }
    }

    /** A leader whose directory is newer than the formation brings the very entry that says so. */
    @Test
    void aSendersIncarnationMayBeNewerThanTheFormationAlsoWhileForming() {
        Envelope envelope = new Envelope("quorate", 7, 0, 1, 99, 11);
        assertTrue(FORMED.admits(envelope));
        Membership forming = new Membership("quorate", 3, 1, "auto", Stage.FORMING, 7, 11, FORMED.incarnations());
        assertTrue(forming.admits(envelope));
    }

    @Test
    void aRecoveredDirectoryIsOfANewSetAndSurvivesItsFile() {
        Membership recovered = FORMED.recovered("auto", 70, 71);
        assertFalse(recovered.admits(new Envelope("quorate", 7, 0, 1, 10, 11)), "the old set");
        assertTrue(recovered.takesPart());
        assertFalse(recovered.isFormed());
        assertEquals(recovered, Membership.decode(recovered.encode()));
    }
}
