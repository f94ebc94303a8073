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
    private static final Comparator<Aged> BY_POSITION = Comparator.comparing(aged -> aged.reply.last());

    private final Replica replica;
    private final ReplicaReads own;
    private final Peers peers;

    /** A reply, and a moment before it was made: what it shows gets older on its way. */
    private record Aged(ReadReply reply, long askedNanos) {
        long stalenessMs() {
            long then = reply.stalenessMs();
            return then < 0 ? -1 : then + Freshness.olderMs(System.nanoTime() - askedNanos);
        }
    }

    Reads(Replica replica, ReplicaReads own, Peers peers) {
        this.replica = replica;
        this.own = own;
        this.peers = peers;
    }

    /** The answer of the highest log position counts, not that of the highest version: absence is an answer too. */
    Uni<ReadResult> quorum(String key, int r, Duration timeout) {
        return replica.onLoop(() -> own.served(key))
                .onItem()
                .transformToUni(mine -> replies(key, mine)
                        .select()
                        .first(timeout)
                        .select()
                        .first(r)
                        .collect()
                        .asList()
                        .map(replies -> furthest(replies, r)));
    }

    private ReadResult furthest(List<Aged> replies, int r) {
        if (replies.size() < r) {
            throw new ReplicaException.TooFewReplies(r, replies.size());
        }
        return result(replies.stream().max(BY_POSITION).orElseThrow());
    }

    /**
     * The leader's own record is the answer: what its log lacks belongs to a tail being discarded, and is neither
     * returned nor copied. An answer of a higher term shows that another leads.
     */
    Uni<ReadResult> withRepair(String key, Duration timeout) {
        long askedNanos = System.nanoTime();
        return replica.onLoop(() -> own.leaders(key))
                .onItem()
                .transformToUni(mine -> others(key)
                        .onItem()
                        .transformToUniAndMerge(other -> repairIfStale(mine, other.reply, key))
                        .select()
                        .first(timeout)
                        .collect()
                        .asList()
                        .replaceWith(() -> result(new Aged(mine, askedNanos))));
    }

    private Uni<Boolean> repairIfStale(ReadReply mine, ReadReply theirs, String key) {
        if (theirs.term() > mine.term()) {
            throw new ReplicaException.Unavailable("replica " + theirs.replica() + " knows a newer term");
        }
        boolean same = Objects.equals(version(mine), version(theirs));
        if (same || !mine.last().isAfter(theirs.last())) {
            return Uni.createFrom().item(false);
        }
        Repair repair = new Repair(mine.term(), mine.last(), key, mine.value());
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

    private Multi<Aged> replies(String key, ReadReply mine) {
        Aged first = new Aged(mine, System.nanoTime());
        return Multi.createBy().merging().streams(Multi.createFrom().item(first), others(key));
    }

    /** The answers of the others as they come; who cannot be reached is left out. */
    private Multi<Aged> others(String key) {
        Membership membership = replica.membership();
        List<Multi<Aged>> calls = new ArrayList<>();
        long askedNanos = System.nanoTime();
        for (int other = 0; other < membership.replicas(); other++) {
            if (other != membership.replica()) {
                calls.add(peers.read(replica.envelopeTo(other), key)
                        .map(reply -> new Aged(reply, askedNanos))
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

    private ReadResult result(Aged aged) {
        ReadReply reply = aged.reply;
        StoredValue value = reply.value();
        Role role = reply.replica() == replica.view().leader() ? Role.LEADER : Role.FOLLOWER;
        long shownIndex = value == null ? reply.last().index() : value.version().index();
        boolean leaderOnly = !replica.membership().elects();
        String committed = Receipt.committed(shownIndex <= reply.commitIndex(), leaderOnly);
        return new ReadResult(value, reply.replica(), role, reply.last(), committed, aged.stalenessMs());
    }
}
