package dev.quorate.replica;

import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.Admission;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A replica's way to the others: carries what the core sends, brings back what they answer, and holds a stream back for
 * a while after a failure. Loop thread only; answers come back through the loop.
 */
final class Streams {
    private static final Logger LOG = Logger.getLogger(Streams.class);

    private final Replica replica;
    private final Peers peers;
    private final Loop loop;
    private final PeerHealth[] health;
    private final boolean[] heartbeatInFlight;
    private final @Nullable Heartbeat[] nextHeartbeat;

    Streams(Replica replica, Peers peers, Loop loop, int replicas, ReplicaEvents events) {
        this.replica = replica;
        this.peers = peers;
        this.loop = loop;
        this.health = new PeerHealth[replicas];
        this.heartbeatInFlight = new boolean[replicas];
        this.nextHeartbeat = new Heartbeat[replicas];
        for (int peer = 0; peer < replicas; peer++) {
            health[peer] = new PeerHealth(peer, 31L * replica.id() + peer, events);
        }
    }

    PeerHealth health(int peer) {
        return health[peer];
    }

    void send(Message message) {
        if (message instanceof AppendRequest request) {
            append(request);
        } else if (message instanceof InstallRequest request) {
            install(request);
        } else if (message instanceof Heartbeat heartbeat) {
            heartbeat(heartbeat);
        } else if (message instanceof PreVoteRequest request) {
            ask(peers.preVote(replica.envelopeTo(request.to()), request), request.to());
        } else if (message instanceof VoteRequest request) {
            ask(peers.vote(replica.envelopeTo(request.to()), request), request.to());
        } else if (message instanceof TimeoutNow handover) {
            tell(peers.timeoutNow(replica.envelopeTo(handover.to()), handover), handover.to());
        } else if (message instanceof Admission admission) {
            tell(peers.admit(replica.envelopeTo(admission.to()), admission), admission.to());
        } else {
            throw new IllegalStateException("not a message that a replica sends by itself: " + message);
        }
    }

    /** Asked once: who gets no answer stands again after a time-out of its own. */
    private void ask(Uni<? extends Message> call, int to) {
        call.subscribe()
                .with(
                        answer -> loop.offer(() -> {
                            health[to].answered();
                            replica.take(answer);
                        }),
                        failure -> loop.offer(() -> health[to].failed(failure)));
    }

    private void tell(Uni<Void> call, int to) {
        call.subscribe()
                .with(
                        done -> loop.offer(() -> health[to].answered()),
                        failure -> loop.offer(() -> health[to].failed(failure)));
    }

    private void append(AppendRequest request) {
        peers.append(replica.envelopeTo(request.to()), request)
                .subscribe()
                .with(
                        response -> loop.offer(() -> appendAnswered(request, response)),
                        failure -> loop.offer(() -> appendFailed(request, failure)));
    }

    private void appendAnswered(AppendRequest request, AppendResponse response) {
        if (response.from() != request.to() || response.sequence() != request.sequence()) {
            appendFailed(request, new PeerException("answered for another replica or request"));
            return;
        }
        health[request.to()].answered();
        if (response.accepted()) {
            health[request.to()].has(response.matchIndex(), replica.lastIndex());
        }
        replica.take(response);
    }

    private void appendFailed(AppendRequest request, Throwable failure) {
        health[request.to()].failed(failure);
        replica.appendFailed(request);
        loop.after(health[request.to()].nextPause(), () -> replica.resume(request.to()));
    }

    /** The file is read aside: it may be cold. */
    private void install(InstallRequest request) {
        Envelope envelope = replica.envelopeTo(request.to());
        Uni.createFrom()
                .item(() -> replica.snapshots().read(request.snapshot(), request.offset()))
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .chain(part -> peers.install(envelope, request, part))
                .subscribe()
                .with(
                        response -> loop.offer(() -> installAnswered(request, response)),
                        failure -> loop.offer(() -> installFailed(request, failure)));
    }

    private void installAnswered(InstallRequest request, InstallResponse response) {
        health[request.to()].answered();
        if (response.matchIndex() > 0) {
            health[request.to()].has(response.matchIndex(), replica.lastIndex());
        }
        replica.take(response);
    }

    private void installFailed(InstallRequest request, Throwable failure) {
        if (failure instanceof PeerException) {
            health[request.to()].failed(failure);
        } else {
            // Not the other's fault: a newer one took the place of this file, and is sent next.
            LOG.debugf("replica=%d the snapshot %s cannot be sent on: %s", replica.id(), request.snapshot(), failure);
        }
        replica.installFailed(request);
        loop.after(health[request.to()].nextPause(), () -> replica.resume(request.to()));
    }

    /** One at a time a peer, the newest next: a peer that hangs is not buried in heartbeats. */
    private void heartbeat(Heartbeat heartbeat) {
        int to = heartbeat.to();
        if (heartbeatInFlight[to]) {
            nextHeartbeat[to] = heartbeat;
            return;
        }
        heartbeatInFlight[to] = true;
        nextHeartbeat[to] = null;
        peers.heartbeat(replica.envelopeTo(to), heartbeat)
                .subscribe()
                .with(
                        response -> loop.offer(() -> heartbeatAnswered(to, response)),
                        failure -> loop.offer(() -> heartbeatFailed(to, failure)));
    }

    private void heartbeatAnswered(int to, HeartbeatResponse response) {
        heartbeatInFlight[to] = false;
        health[to].answered();
        health[to].saw(response, replica.lastIndex());
        replica.take(response);
        Heartbeat next = nextHeartbeat[to];
        if (next != null) {
            heartbeat(next);
        }
    }

    private void heartbeatFailed(int to, Throwable failure) {
        heartbeatInFlight[to] = false;
        // What waited is stale by now; the next tick sends another.
        nextHeartbeat[to] = null;
        health[to].failed(failure);
    }
}
