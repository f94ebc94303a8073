package dev.quorate.replica;

import dev.quorate.protocol.Message.Admission;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.protocol.Position;
import io.smallrye.mutiny.Uni;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The port through which a replica reaches the others. Each call does nothing until subscribed, has a time-out of its
 * own, emits on any thread, and fails with {@link PeerException} when the other cannot be reached, refuses, or answers
 * something that is no answer. The addressee is that of the envelope.
 */
public interface Peers {
    /** Sends entries; the answer comes after the other's sync. */
    Uni<AppendResponse> append(Envelope envelope, AppendRequest request);

    /** Sends a part of a snapshot; the answer says how much of it the other has, or that it took it whole. */
    Uni<InstallResponse> install(Envelope envelope, InstallRequest request, SnapshotPart part);

    /** Shows that this leader leads. */
    Uni<HeartbeatResponse> heartbeat(Envelope envelope, Heartbeat heartbeat);

    /** Asks whether the other would vote for the sender. */
    Uni<PreVoteResponse> preVote(Envelope envelope, PreVoteRequest request);

    /** Asks for the other's vote; the answer comes after it is durable. */
    Uni<VoteResponse> vote(Envelope envelope, VoteRequest request);

    /** Has the other stand at once. */
    Uni<Void> timeoutNow(Envelope envelope, TimeoutNow message);

    /** Tells the other, which is joining, that it counts; the answer comes after it stored that. */
    Uni<Void> admit(Envelope envelope, Admission message);

    /**
     * Asks who the other is; needs no set.
     *
     * @param joining whether the sender asks to join the other's set
     */
    Uni<PeerState> hello(Envelope envelope, boolean joining);

    /**
     * Proposes a set; the answer is what the other stored.
     *
     * @param replaces the set id that the other said it had, 0 if none: it stores this one in that one's stead alone
     */
    Uni<PeerState> form(Envelope envelope, long setId, long replaces, List<Long> incarnations);

    /** Asks for the other's record of a key and its last position, taken at one instant. */
    Uni<ReadReply> read(Envelope envelope, String key);

    /** Offers the leader's record, or its absence, to a replica that is behind. True if taken. */
    Uni<Boolean> repair(Envelope envelope, Repair repair);

    /** Asks for hashes of the other's committed state, taken at one instant. */
    Uni<StateHashes> stateHashes(Envelope envelope);

    /**
     * One replica's answer to a read.
     *
     * @param replica who answers
     * @param term its term
     * @param last its log's last position
     * @param commitIndex what it knows to be committed
     * @param stalenessMs how old what it shows can be, in milliseconds, or -1 if it cannot say
     * @param value its newest record, or null where absent; never from the overlay
     */
    record ReadReply(
            int replica,
            long term,
            Position last,
            long commitIndex,
            long stalenessMs,
            @Nullable StoredValue value) {}

    /**
     * A leader's record for a follower at an older position (protocol.md §5).
     *
     * @param term the leader's term
     * @param at the leader's last position when it took the record
     * @param key the key
     * @param value its record, or null for absence
     */
    record Repair(
            long term, Position at, String key, @Nullable StoredValue value) {}
}
