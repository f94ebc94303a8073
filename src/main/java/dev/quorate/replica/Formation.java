package dev.quorate.replica;

import dev.quorate.protocol.Stage;
import io.smallrye.mutiny.Uni;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How a directory comes to belong to a set. N empty ones form it (protocol.md §1): when all answer and none is formed,
 * replica 0 sends a set id with all incarnations; when all have stored it as forming, it stores formed and stands. A
 * crash at any step leaves directories that form again. An empty one that meets a formed set joins it (§6): it says so
 * again and again, until the leader has admitted it. A recovered one leads alone until all others, which start empty,
 * hold its log; only then is its set formed (§6). On the replica's loop.
 */
final class Formation {
    private static final Logger LOG = Logger.getLogger(Formation.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration RETRY = Duration.ofMillis(100);
    private static final Duration JOIN_RETRY = Duration.ofMillis(250);

    private final Replica replica;
    private final Peers peers;
    private final Loop loop;
    private boolean announcing;

    Formation(Replica replica, Peers peers, Loop loop) {
        this.replica = replica;
        this.peers = peers;
        this.loop = loop;
    }

    /** Tries until this replica counts in its set. */
    void attempt() {
        Membership own = replica.membership();
        if (own.isFormed()) {
            replica.settle();
            return;
        }
        boolean joining = own.stage() == Stage.JOINING;
        gather(other -> peers.hello(replica.envelopeTo(other), joining), this::goOn);
    }

    private void goOn(Map<Integer, PeerState> states, List<Integer> missing) {
        Membership own = replica.membership();
        if (own.isFormed()) {
            replica.settle();
            return;
        }
        if (own.stage() == Stage.JOINING) {
            retry("the directory of replica " + own.replica() + " is new to its set; it counts when it was admitted");
            return;
        }
        if (own.stage() == Stage.RECOVERED) {
            formAround(own, states, missing);
            return;
        }
        Optional<PeerState> formed = states.values().stream()
                .filter(state -> state.stage() == Stage.FORMED || state.stage() == Stage.RECOVERED)
                .filter(state -> state.setId() != own.setId())
                .findFirst();
        String obstacle = obstacle(own, states);
        if (obstacle != null) {
            retry(obstacle);
        } else if (formed.isPresent()) {
            join(own, formed.get(), states);
        } else if (!missing.isEmpty()) {
            retry("the set is not formed yet; replicas " + missing + " have not answered");
        } else if (own.replica() == 0) {
            propose(own, states);
        } else {
            retry("the set is not formed yet; replica 0 has not proposed it");
        }
    }

    /** What is not overcome by waiting, but by a person. */
    private static @Nullable String obstacle(Membership own, Map<Integer, PeerState> states) {
        for (PeerState state : states.values()) {
            if (state.replicas() != own.replicas() || !state.replicaSet().equals(own.replicaSet())) {
                return "replica " + state.replica() + " is configured as one of " + state.replicas() + " of set "
                        + state.replicaSet() + ", not of " + own.replicas() + " of " + own.replicaSet();
            }
            if (!state.election().equals(own.election())) {
                return "replica " + state.replica() + " has quorate.election=" + state.election() + ", replica "
                        + own.replica() + " has " + own.election() + ": give both the same";
            }
            if (state.stage() == Stage.FORMED && own.replica() == 0 && !own.elects()) {
                return "this directory is empty, but replica " + state.replica()
                        + " belongs to a set that is formed; replica 0 lost its directory";
            }
        }
        return null;
    }

    // ---- joining ---------------------------------------------------------------------------------------------------

    private void join(Membership own, PeerState formed, Map<Integer, PeerState> states) {
        // A forming directory counts as empty here, and its incarnation belongs to a set that is no more.
        Membership fresh = own.stage() == Stage.EMPTY ? own : own.reborn(RANDOM.nextLong());
        List<Long> known = new ArrayList<>(formed.incarnations());
        states.forEach((other, state) -> known.set(other, state.incarnation()));
        replica.saveMembership(fresh.joining(formed.setId(), known));
        attempt();
    }

    /** Nobody else can lead: the others count in nothing before this replica has told them that they do. */
    private void formAround(Membership own, Map<Integer, PeerState> states, List<Integer> missing) {
        for (PeerState state : states.values()) {
            if (state.stage() != Stage.JOINING || state.setId() != own.setId()) {
                retry("replica " + own.replica() + " was recovered: the set is formed when replica " + state.replica()
                        + " takes its log, which it does if it starts with an empty directory");
                return;
            }
        }
        if (!missing.isEmpty()) {
            retry("replica " + own.replica()
                    + " was recovered: the set is formed when all others have its log; replicas " + missing
                    + " have not answered");
            return;
        }
        replica.leadRecovered();
        retry("replica " + own.replica() + " was recovered: the set is formed when all others have its log");
    }

    /**
     * Says again which incarnation this is. A hello of the one before, held up on its way, may have reached the leader
     * after this one was admitted; nothing would pass between them any more.
     */
    void announce(int other) {
        if (!announcing) {
            announcing = true;
            loop.after(JOIN_RETRY, () -> announcing = false);
            peers.hello(replica.envelopeTo(other), true)
                    .subscribe()
                    .with(
                            state -> LOG.infof("replica=%d peer=%d was told of this directory", id(), other),
                            failure -> LOG.debugf("replica=%d peer=%d: %s", id(), other, failure.getMessage()));
        }
    }

    private int id() {
        return replica.membership().replica();
    }

    // ---- forming ---------------------------------------------------------------------------------------------------

    private void propose(Membership own, Map<Integer, PeerState> states) {
        List<Long> incarnations = new ArrayList<>();
        incarnations.add(own.incarnation());
        states.values().forEach(state -> incarnations.add(state.incarnation()));
        long setId = RANDOM.nextLong();
        replica.saveMembership(own.forming(setId, incarnations));
        gather(
                other -> {
                    long replaces = Objects.requireNonNull(states.get(other)).setId(); // all answered
                    return peers.form(replica.envelopeTo(other), setId, replaces, incarnations);
                },
                this::conclude);
    }

    private void conclude(Map<Integer, PeerState> states, List<Integer> missing) {
        Membership own = replica.membership();
        if (!missing.isEmpty()) {
            retry("replicas " + missing + " did not confirm the set");
            return;
        }
        for (PeerState state : states.values()) {
            if (state.setId() != own.setId() || !state.incarnations().equals(own.incarnations())) {
                retry("replica " + state.replica() + " stored another set");
                return;
            }
        }
        replica.standFirst();
    }

    private void retry(String why) {
        replica.await(why);
        Membership own = replica.membership();
        loop.after(own.replica() == 0 && own.stage() != Stage.JOINING ? RETRY : JOIN_RETRY, this::attempt);
    }

    // ---- asking all others -----------------------------------------------------------------------------------------

    private interface Call {
        Uni<PeerState> to(int other);
    }

    private interface Next {
        void go(Map<Integer, PeerState> states, List<Integer> missing);
    }

    /** Waits for all of them, answers or failures, and goes on, on the loop. */
    private void gather(Call call, Next next) {
        Membership own = replica.membership();
        Map<Integer, PeerState> states = new TreeMap<>();
        List<Integer> missing = new ArrayList<>();
        int others = own.replicas() - 1;
        if (others == 0) {
            next.go(states, missing);
        }
        for (int id = 0; id < own.replicas(); id++) {
            int other = id;
            if (other != own.replica()) {
                call.to(other)
                        .subscribe()
                        .with(
                                state -> loop.offer(() -> {
                                    states.put(other, state);
                                    goOnWhenAll(others, states, missing, next);
                                }),
                                failure -> loop.offer(() -> {
                                    missing.add(other);
                                    goOnWhenAll(others, states, missing, next);
                                }));
            }
        }
    }

    private static void goOnWhenAll(int all, Map<Integer, PeerState> states, List<Integer> missing, Next next) {
        if (states.size() + missing.size() == all) {
            next.go(states, missing);
        }
    }
}
