package dev.quorate.replica;

import dev.quorate.log.DirectoryIdentity;
import dev.quorate.protocol.Stage;
import java.util.ArrayList;
import java.util.List;

/**
 * Which set a data directory belongs to: what its identity file holds. Two of the same replica differ in incarnation,
 * so that a directory that was wiped is not taken for the one it replaces (protocol.md §1).
 *
 * @param replicaSet the set's configured name
 * @param replicas N
 * @param replica the id this directory is for
 * @param election how leaders come to be in this set
 * @param stage how far formation is
 * @param setId the set's random id; 0 when empty
 * @param incarnation this directory's random number
 * @param incarnations those of all replicas in id order; none when empty
 */
record Membership(
        String replicaSet,
        int replicas,
        int replica,
        String election,
        Stage stage,
        long setId,
        long incarnation,
        List<Long> incarnations) {
    static final String AUTO = "auto";
    static final String NONE = "none";

    Membership forming(long newSetId, List<Long> newIncarnations) {
        return new Membership(
                replicaSet, replicas, replica, election, Stage.FORMING, newSetId, incarnation, newIncarnations);
    }

    /** Another incarnation, of a directory that counts as empty. */
    Membership reborn(long newIncarnation) {
        return new Membership(replicaSet, replicas, replica, election, Stage.EMPTY, 0, newIncarnation, List.of());
    }

    /** As nothing is formed yet, what is configured counts. */
    Membership electing(String configured) {
        return new Membership(replicaSet, replicas, replica, configured, stage, setId, incarnation, incarnations);
    }

    Membership formed() {
        return new Membership(replicaSet, replicas, replica, election, Stage.FORMED, setId, incarnation, incarnations);
    }

    /** Of a formed set whose members have these incarnations; this directory's own takes its place among them. */
    Membership joining(long formedSetId, List<Long> known) {
        List<Long> all = new ArrayList<>(known);
        all.set(replica, incarnation);
        return new Membership(
                replicaSet, replicas, replica, election, Stage.JOINING, formedSetId, incarnation, List.copyOf(all));
    }

    /**
     * Of the same set, with a log that is to be got anew from the others: another incarnation, as what this directory
     * voted and acknowledged is forgotten with its log.
     */
    Membership refilling(long newIncarnation) {
        List<Long> all = new ArrayList<>(incarnations);
        all.set(replica, newIncarnation);
        return new Membership(
                replicaSet, replicas, replica, election, Stage.JOINING, setId, newIncarnation, List.copyOf(all));
    }

    /** Whether another replica may have all that this one had: with {@code none} nobody else ever leads replica 0's set. */
    boolean canBeRefilled() {
        return replicas > 1 && (isFormed() || stage == Stage.JOINING) && (elects() || replica != 0);
    }

    /** A new set around this directory's log: a new id, and an incarnation that no old message is for. */
    Membership recovered(String newElection, long newSetId, long newIncarnation) {
        return of(DirectoryIdentity.recovered(replicaSet, replicas, replica, newElection, newSetId, newIncarnation));
    }

    boolean isFormed() {
        return stage == Stage.FORMED;
    }

    /** Whether it takes what its set's leader sends. */
    boolean takesPart() {
        return stage == Stage.FORMED || stage == Stage.JOINING || stage == Stage.RECOVERED;
    }

    boolean elects() {
        return election.equals(AUTO);
    }

    /** @param known the incarnations as the log has them now */
    PeerState asSeen(List<Long> known) {
        return new PeerState(replicaSet, replicas, replica, stage, setId, incarnation, known, election);
    }

    /**
     * Whether the envelope is of this set and for this incarnation. The sender's may be one that this log has not heard
     * of yet: a replica that is joining asks for nothing, and one that was admitted may be the leader that brings the
     * entry which says so.
     */
    boolean admits(Envelope envelope) {
        return stage != Stage.EMPTY
                && envelope.replicaSet().equals(replicaSet)
                && envelope.setId() == setId
                && envelope.to() == replica
                && envelope.from() >= 0
                && envelope.from() < replicas
                && envelope.from() != replica
                && envelope.toIncarnation() == incarnation;
    }

    /** Whether the sender, of this set, takes this directory for one that is no more. */
    boolean isForAnotherIncarnation(Envelope envelope) {
        return isFormed()
                && envelope.toIncarnation() != incarnation
                && admits(new Envelope(
                        envelope.replicaSet(),
                        envelope.setId(),
                        envelope.from(),
                        envelope.to(),
                        envelope.fromIncarnation(),
                        incarnation));
    }

    byte[] encode() {
        return new DirectoryIdentity(replicaSet, replicas, replica, election, stage, setId, incarnation, incarnations)
                .encode();
    }

    /** @throws IllegalStateException if the bytes are of a version this program does not know */
    static Membership decode(byte[] bytes) {
        return of(DirectoryIdentity.decode(bytes));
    }

    private static Membership of(DirectoryIdentity in) {
        return new Membership(
                in.replicaSet(),
                in.replicas(),
                in.replica(),
                in.election(),
                in.stage(),
                in.setId(),
                in.incarnation(),
                in.incarnations());
    }
}
