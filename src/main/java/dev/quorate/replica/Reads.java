package dev.quorate.replica;

import dev.quorate.protocol.Role;
import dev.quorate.replica.Peers.ReadReply;
import dev.quorate.replica.Peers.Repair;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Reads that ask several replicas: quorum reads (protocol.md §4) and read repair (§5), as pipelines. */
final class Reads {
    private static final Comparator<ReadReply> BY_POSITION = Comparator.comparing(ReadReply::last);

    private final Replica replica;
    private final Peers peers;

    Reads(Replica replica, Peers peers) {
        this.replica = replica;
        this.peers = peers;
    }

    /** The answer of the highest log position counts, not that of the highest version: absence is an answer too. */
    Uni<ReadResult> quorum(String key, int r, Duration timeout) {
        return replica.onLoop(() -> replica.servedReply(key))
                .onItem()
                .transformToUni(own -> replies(key, own)
                        .select()
                        .first(timeout)
                        .select()
                        .first(r)
                        .collect()
                        .asList())
                .map(replies -> {
                    if (replies.size() < r) {
                        throw new ReplicaException.TooFewReplies(r, replies.size());
                    }
                    return result(replies.stream().max(BY_POSITION).orElseThrow());
                });
    }

    /**
     * The leader's own record is the answer: what its log lacks belongs to a tail being discarded, and is neither
     * returned nor copied. An answer of a higher term shows that another leads.
     */
    Uni<ReadResult> withRepair(String key, Duration timeout) {
        return replica.onLoop(() -> replica.leadersReply(key))
                .onItem()
                .transformToUni(own -> others(key)
                        .onItem()
                        .transformToUniAndMerge(reply -> repairIfStale(own, reply, key))
                        .select()
                        .first(timeout)
                        .collect()
                        .asList()
                        .replaceWith(result(own)));
    }

    private Uni<Boolean> repairIfStale(ReadReply own, ReadReply theirs, String key) {
        if (theirs.term() > own.term()) {
            throw new ReplicaException.Unavailable("replica " + theirs.replica() + " knows a newer term");
        }
        boolean same = Objects.equals(version(own), version(theirs));
        if (same || !own.last().isAfter(theirs.last())) {
            return Uni.createFrom().item(false);
        }
        Repair repair = new Repair(own.term(), own.last(), key, own.value());
        return peers.repair(replica.envelopeTo(theirs.replica()), repair)
                .onItem()
                .invoke(taken -> {
                    if (taken) {
                        replica.events().repaired(theirs.replica(), key);
                    }
                })
                .onFailure(PeerException.class)
                .recoverWithItem(false);
    }

    private static Object version(ReadReply reply) {
        return reply.value() == null ? "absent" : reply.value().version();
    }

    private Multi<ReadReply> replies(String key, ReadReply own) {
        return Multi.createBy().merging().streams(Multi.createFrom().item(own), others(key));
    }

    /** The answers of the others as they come; who cannot be reached is left out. */
    private Multi<ReadReply> others(String key) {
        Membership membership = replica.membership();
        List<Multi<ReadReply>> calls = new ArrayList<>();
        for (int other = 0; other < membership.replicas(); other++) {
            if (other != membership.replica()) {
                calls.add(peers.read(replica.envelopeTo(other), key)
                        .onFailure(PeerException.class)
                        .recoverWithNull()
                        .toMulti());
            }
        }
        return Multi.createBy()
                .merging()
                .withConcurrency(Math.max(1, calls.size()))
                .streams(calls);
    }

    private ReadResult result(ReadReply reply) {
        Role role = reply.replica() == replica.view().leader() ? Role.LEADER : Role.FOLLOWER;
        return new ReadResult(reply.value(), reply.replica(), role, reply.last(), null);
    }
}
