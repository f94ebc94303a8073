package dev.quorate.replica;

import dev.quorate.protocol.Effects;
import dev.quorate.protocol.Message;
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
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Stage;
import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * What other replicas ask of this one. Each call is taken on the loop, emits there, and fails with
 * {@link PeerException} where the message is another set's or for another incarnation, and with
 * {@link ReplicaException} where the replica cannot do it now.
 */
public final class PeerRequests {
    private final Replica replica;
    private final ReplicaCore core;
    private final Performer performer;
    private final Storage storage;
    private final Installation installation;

    PeerRequests(Replica replica, ReplicaCore core, Performer performer, Storage storage, Installation installation) {
        this.replica = replica;
        this.core = core;
        this.performer = performer;
        this.storage = storage;
        this.installation = installation;
    }

    Installation installation() {
        return installation;
    }

    /** Takes a leader's entries; emits after they are synced. */
    public Uni<AppendResponse> onAppend(Envelope envelope, AppendRequest request) {
        long sentUpTo = request.entries().lastIndex();
        return step(envelope, request, AppendResponse.class, () -> heard(request, sentUpTo, request.commitIndex()));
    }

    /** Takes a part of a snapshot; emits how much of it there is, or, once all is in place, that it is. */
    public Uni<InstallResponse> onInstall(Envelope envelope, InstallRequest request, SnapshotPart part) {
        Uni<Message> answer = Uni.createFrom()
                .emitter(emitter -> replica.offer(emitter, () -> {
                    acceptSender(envelope);
                    Effects effects = core.step(request);
                    performer.perform(effects, emitter);
                    if (effects.receivesSnapshot()) {
                        installation.receive(request, part, emitter);
                    } else {
                        installation.forget();
                    }
                    heard(
                            request,
                            request.snapshot().index(),
                            request.snapshot().index());
                }));
        return answer.map(InstallResponse.class::cast);
    }

    /** Hears that the leader leads. */
    public Uni<HeartbeatResponse> onHeartbeat(Envelope envelope, Heartbeat heartbeat) {
        long takenNanos = System.nanoTime(); // before it is answered
        return step(envelope, heartbeat, HeartbeatResponse.class, () -> {
            heard(heartbeat, 0, heartbeat.commitIndex());
            if (heartbeat.term() == core.term()) {
                replica.reads().freshness().taken(heartbeat, takenNanos);
            }
        });
    }

    /** Says whether it would vote for the sender. */
    public Uni<PreVoteResponse> onPreVote(Envelope envelope, PreVoteRequest request) {
        return step(envelope, request, PreVoteResponse.class, () -> {});
    }

    /** Votes or refuses; emits after the vote is durable. */
    public Uni<VoteResponse> onVote(Envelope envelope, VoteRequest request) {
        return step(envelope, request, VoteResponse.class, () -> {});
    }

    /** Stands at once, as the leader wants. */
    public Uni<Void> onTimeoutNow(Envelope envelope, TimeoutNow message) {
        return tell(envelope, message);
    }

    /** Counts from now on; emits after that is durable. */
    public Uni<Void> onAdmission(Envelope envelope, Admission message) {
        return tell(envelope, message);
    }

    private <T extends Message> Uni<T> step(
            Envelope envelope, Message request, Class<T> answerType, Runnable afterwards) {
        Uni<Message> answer = Uni.createFrom()
                .emitter(emitter -> replica.offer(emitter, () -> {
                    acceptSender(envelope);
                    performer.perform(core.step(request), emitter);
                    afterwards.run();
                }));
        return answer.map(answerType::cast);
    }

    private Uni<Void> tell(Envelope envelope, Message message) {
        return Uni.createFrom()
                .emitter(emitter -> replica.offer(emitter, () -> {
                    acceptSender(envelope);
                    performer.perform(core.step(message));
                    emitter.complete(null);
                }));
    }

    private void heard(Message message, long sentUpTo, long leadersCommitIndex) {
        if (message.term() == core.term()) {
            replica.heard(message.from(), sentUpTo, leadersCommitIndex);
        }
    }

    private void acceptSender(Envelope envelope) {
        if (!replica.membership().admits(envelope)) {
            if (replica.membership().isForAnotherIncarnation(envelope)) {
                replica.announce(envelope.from());
            }
            throw new PeerException("replica " + replica.id() + " is of another set or incarnation than the message");
        }
        if (replica.membership().stage() == Stage.FORMING) {
            replica.becomeFormed();
        }
    }

    /** Says who this replica is; a leader takes note of who asks to join. */
    public Uni<PeerState> onHello(Envelope envelope, boolean joining) {
        return replica.onLoop(() -> {
            Membership own = replica.membership();
            if (joining && own.takesPart() && envelope.setId() == own.setId() && isAnother(envelope.from(), own)) {
                performer.perform(core.joinerHeard(envelope.from(), envelope.fromIncarnation()));
            }
            return replica.asSeen();
        });
    }

    private static boolean isAnother(int replica, Membership own) {
        return replica >= 0 && replica < own.replicas() && replica != own.replica();
    }

    /**
     * Stores a proposed set, if this directory belongs to none yet and its incarnation is the one named. Only in the
     * stead of the one that the proposer knew of: a proposal that was held up on its way would take the place of a
     * newer one, which replica 0 may have formed by then.
     */
    public Uni<PeerState> onForm(Envelope envelope, long setId, long replaces, List<Long> incarnations) {
        return replica.onLoop(() -> {
            Membership own = replica.membership();
            boolean sameSet = envelope.replicaSet().equals(own.replicaSet());
            if (!sameSet
                    || own.takesPart()
                    || own.setId() != replaces
                    || incarnations.size() != own.replicas()
                    || incarnations.get(own.replica()) != own.incarnation()) {
                throw new PeerException("replica " + own.replica() + " cannot take part in that set");
            }
            replica.saveMembership(own.forming(setId, List.copyOf(incarnations)));
            return replica.asSeen();
        });
    }

    /** Its record of a key and its log's last position, at one instant; never from the overlay. */
    public Uni<Peers.ReadReply> onRead(Envelope envelope, String key) {
        return replica.onLoop(() -> {
            acceptSender(envelope);
            return replica.reads().served(key);
        });
    }

    /** Keeps the leader's record for local reads if it is of this term and ahead of this log. */
    public Uni<Boolean> onRepair(Envelope envelope, Peers.Repair repair) {
        return replica.onLoop(() -> {
            acceptSender(envelope);
            return replica.membership().isFormed()
                    && repair.term() == core.term()
                    && storage.store()
                            .repair(
                                    repair.key(),
                                    Values.stored(repair.value()),
                                    repair.at(),
                                    core.term(),
                                    storage.wal().lastPosition());
        });
    }

    /** Hashes of its committed state, at one instant; of a replica that counts in its set. */
    public Uni<StateHashes> onStateHashes(Envelope envelope) {
        return replica.onLoop(() -> {
            acceptSender(envelope);
            return replica.stateCheck().own();
        });
    }
}
