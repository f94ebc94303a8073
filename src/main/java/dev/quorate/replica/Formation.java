package dev.quorate.replica;

import dev.quorate.replica.PeerState.Stage;
import io.smallrye.mutiny.Uni;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How N empty directories become one set (protocol.md §1): when all answer and none is formed, replica 0 sends a set id
 * with all incarnations; when all have stored it as forming, it stores formed and leads. A crash at any step leaves
 * directories that form again. Run by replica 0, on its loop.
 */
final class Formation {
    private static final SecureRandom IDS = new SecureRandom();
    private static final Duration RETRY = Duration.ofMillis(100);

    private final Replica replica;
    private final Peers peers;
    private final Loop loop;

    Formation(Replica replica, Peers peers, Loop loop) {
        this.replica = replica;
        this.peers = peers;
        this.loop = loop;
    }

    /** Tries until the set is formed. */
    void attempt() {
        Membership own = replica.membership();
        if (own.isFormed()) {
            return;
        }
        List<Uni<PeerState>> hellos = new ArrayList<>();
        for (int other = 1; other < own.replicas(); other++) {
            hellos.add(peers.hello(own.envelopeTo(other)));
        }
        gather(hellos, this::propose);
    }

    private void propose(Map<Integer, PeerState> states, List<Integer> missing) {
        Membership own = replica.membership();
        String obstacle = obstacle(own, states, missing);
        if (obstacle != null) {
            retry(obstacle);
            return;
        }
        List<Long> incarnations = new ArrayList<>();
        incarnations.add(own.incarnation());
        states.values().forEach(state -> incarnations.add(state.incarnation()));
        long setId = IDS.nextLong();
        replica.saveMembership(own.forming(setId, incarnations));
        List<Uni<PeerState>> answers = new ArrayList<>();
        for (int other = 1; other < own.replicas(); other++) {
            answers.add(peers.form(replica.membership().envelopeTo(other), setId, incarnations));
        }
        gather(answers, this::conclude);
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
        replica.saveMembership(own.formed());
        replica.lead();
    }

    private @Nullable String obstacle(Membership own, Map<Integer, PeerState> states, List<Integer> missing) {
        if (!missing.isEmpty()) {
            return "the set is not formed yet; replicas " + missing + " have not answered";
        }
        for (PeerState state : states.values()) {
            if (state.stage() == Stage.FORMED) {
                return "this directory is empty, but replica " + state.replica()
                        + " belongs to a set that is formed; replica 0 lost its directory";
            }
            if (state.replicas() != own.replicas() || !state.replicaSet().equals(own.replicaSet())) {
                return "replica " + state.replica() + " is configured as one of " + state.replicas() + " of set "
                        + state.replicaSet() + ", not of " + own.replicas() + " of " + own.replicaSet();
            }
        }
        return null;
    }

    private void retry(String why) {
        replica.await(why);
        loop.after(RETRY, this::attempt);
    }

    private interface Next {
        void go(Map<Integer, PeerState> states, List<Integer> missing);
    }

    /** Waits for all of them, answers or failures, and goes on, on the loop. */
    private void gather(List<Uni<PeerState>> calls, Next next) {
        Map<Integer, PeerState> states = new TreeMap<>();
        List<Integer> missing = new ArrayList<>();
        if (calls.isEmpty()) {
            next.go(states, missing);
            return;
        }
        for (int i = 0; i < calls.size(); i++) {
            int other = i + 1;
            calls.get(i)
                    .subscribe()
                    .with(
                            state -> loop.offer(() -> {
                                states.put(other, state);
                                goOnWhenAll(calls.size(), states, missing, next);
                            }),
                            failure -> loop.offer(() -> {
                                missing.add(other);
                                goOnWhenAll(calls.size(), states, missing, next);
                            }));
        }
    }

    private static void goOnWhenAll(int all, Map<Integer, PeerState> states, List<Integer> missing, Next next) {
        if (states.size() + missing.size() == all) {
            next.go(states, missing);
        }
    }
}
