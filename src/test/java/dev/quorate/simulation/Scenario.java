package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.CoreOptions.Election;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Reason;
import dev.quorate.replica.Tokens;
import dev.quorate.store.KeyRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Replicas that do only what a script says; every law of protocol.md §9 is held all the while. Verbs, with replicas by
 * id, links as {@code 0->1}, keys {@code k0}..{@code k2}:
 *
 * <ul>
 *   <li>{@code start 3} elections are on; {@code start 3 none} replica 0 leads for ever
 *   <li>{@code forming 3}: each has stored the set, and none knows that all have; {@code formed 0} knows it, and stands
 *   <li>{@code given 2 1 1 4}: an earlier history left entries of these terms in a log, synced
 *   <li>{@code campaign 2} stands and asks at once; {@code tick 2 5} time passes; {@code beat 0} one heartbeat
 *   <li>{@code elect 4 2 3}: replicas 2 and 3 forget their leader, and elect 4; what it then sends stays under way
 *   <li>{@code write 0 k0=a w=2}, {@code retry 1 k0=a} (the same operation again), {@code sync 0}
 *   <li>{@code deliver 0->1}, {@code duplicate 0->1}, {@code drop 0->1}: the first on that link; {@code flow}: all, and
 *       all syncs, until nothing moves; {@code flow 0 1}: only among those
 *   <li>{@code crash 0} (unsynced entries are lost), {@code crash 0 keeping 3} (those up to 3 are not),
 *       {@code restart 0} (down or not), {@code wipe 0} (a new directory, started), {@code again 0->1} the stream after a failure
 *   <li>{@code cut 0->1}, {@code mend}, {@code transfer 0->1}
 *   <li>{@code read 0 k0 linearizable}, {@code read 0,1 k0} (a quorum read), {@code local 1 k0}, {@code repair 0->1 k0}
 *   <li>{@code token 1 1.3}: what a session's position is to a replica
 *   <li>{@code show} what each has
 * </ul>
 */
final class Scenario implements SimWorld {
    private static final int MOST_STEPS = 500;

    private final List<SimReplica> replicas = new ArrayList<>();
    private final List<Parcel> inFlight = new ArrayList<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Read> reads = new ArrayList<>();
    private final Map<String, SimEntry> given = new HashMap<>();
    private final Set<Integer> forming = new HashSet<>();
    private List<String> happened = new ArrayList<>();
    private @Nullable SimSettings settings;
    private @Nullable Laws laws;
    private boolean[][] cut = new boolean[0][0];
    private int operations;

    private record Waiting(SimEntry entry, int leader, long term, int required) {}

    private record Read(int leader, long term, String key, long readIndex, long round) {}

    /** Draws the highest: every unsynced entry is lost, and the stored commit bound is not. */
    private static final RandomGenerator UNLUCKY = new RandomGenerator() {
        @Override
        public long nextLong() {
            return Long.MAX_VALUE;
        }

        @Override
        public int nextInt(int bound) {
            return bound - 1;
        }
    };

    List<String> run(String line) {
        happened = new ArrayList<>();
        String[] words = line.trim().split(" +", -1);
        switch (words[0]) {
            case "start" -> start(id(words[1]), words.length > 2 ? Election.NONE : Election.AUTO);
            case "forming" -> forming(id(words[1]));
            case "formed" -> formed(words[1]);
            case "given" -> given(words);
            case "campaign" -> campaign(id(words[1]));
            case "elect" -> elect(id(words[1]), Arrays.asList(words).subList(1, words.length));
            case "tick" -> tick(id(words[1]), words.length > 2 ? id(words[2]) : 1);
            case "beat" -> on(words[1], replica -> replica.tick(1));
            case "write" -> write(words[1], words[2], words.length > 3 ? id(words[3].substring(2)) : 1);
            case "retry" -> retry(words[1], words[2], id(words[3].substring(2)));
            case "sync" -> on(words[1], Scenario::sync);
            case "deliver" -> deliver(take(words[1], true));
            case "duplicate" -> deliver(take(words[1], false));
            case "drop" -> take(words[1], true);
            case "flow" -> flow(Arrays.asList(words).subList(1, words.length));
            case "crash" -> crash(words);
            case "restart" -> on(words[1], Scenario::restart);
            case "wipe" -> wipe(words[1]);
            case "again" -> again(words[1]);
            case "cut" -> cut(words[1]);
            case "mend" -> cut = new boolean[replicas.size()][replicas.size()];
            case "transfer" -> transfer(words[1]);
            case "read" -> read(words);
            case "local" -> local(words[1], words[2]);
            case "repair" -> repair(words[1], words[2]);
            case "token" -> token(words[1], Position.parse(words[2]));
            case "show" -> show();
            default -> throw new IllegalArgumentException("no verb " + words[0]);
        }
        return happened;
    }

    private static int id(String word) {
        return Integer.parseInt(word);
    }

    // ---- the world of a replica ------------------------------------------------------------------------------------

    @Override
    public void send(Parcel parcel) {
        inFlight.add(parcel);
        happened.add("sends " + describe(parcel));
    }

    @Override
    public void happened(SimReplica replica, CoreEvent event) {
        happened.add("replica " + replica.id() + ": " + event);
    }

    @Override
    public void mayCrash(SimReplica replica) {}

    @Override
    public boolean hasRoom(SimReplica replica) {
        return true;
    }

    // ---- verbs -----------------------------------------------------------------------------------------------------

    private void on(String who, Consumer<SimReplica> action) {
        SimReplica replica = replicas.get(id(who));
        replica.writesWait(waiting.stream().anyMatch(write -> write.leader() == replica.id()));
        action.accept(replica);
        if (replica.isUp() && laws != null) {
            laws.state(replica);
        }
        acknowledge();
        answer();
    }

    private void start(int size, Election election) {
        SimSettings calm = SimSettings.scripted(size, election);
        SimEntry root = SimEntry.root(size);
        Laws all = new Laws(calm, root);
        for (int id = 0; id < size; id++) {
            replicas.add(new SimReplica(calm, id, root, this, all));
        }
        settings = calm;
        laws = all;
        cut = new boolean[size][size];
        if (election == Election.NONE) {
            on("0", SimReplica::firstStart);
        }
    }

    private void forming(int size) {
        start(size, Election.AUTO);
        for (SimReplica replica : replicas) {
            replica.forming();
            forming.add(replica.id());
        }
    }

    /** Stored before anything else is done. */
    private void becomesFormed(SimReplica replica) {
        if (forming.remove(replica.id())) {
            replica.formed();
            happened.add("replica " + replica.id() + " is formed");
        }
    }

    private void formed(String who) {
        on(who, replica -> {
            becomesFormed(replica);
            replica.stand();
        });
    }

    /** The same terms from the beginning are the same entries. */
    private void given(String[] words) {
        SimReplica replica = replicas.get(id(words[1]));
        List<SimEntry> history = new ArrayList<>();
        SimEntry last = replica.log().last();
        for (int at = 2; at < words.length; at++) {
            SimEntry before = last;
            String terms = String.join(" ", Arrays.copyOfRange(words, 2, at + 1));
            int term = id(words[at]);
            last = given.computeIfAbsent(terms, unknown -> before.noOp(term));
            history.add(last);
        }
        replica.given(history);
    }

    private void campaign(int who) {
        on(String.valueOf(who), SimReplica::stand);
    }

    private void tick(int who, int ticks) {
        if (forming.contains(who)) {
            happened.add("replica " + who + " is forming: no clock of it runs");
            return;
        }
        for (int i = 0; i < ticks; i++) {
            on(String.valueOf(who), replica -> replica.tick(1));
        }
    }

    private static void sync(SimReplica replica) {
        replica.syncBegins();
        replica.syncEnds(true);
    }

    private void write(String who, String assignment, int required) {
        String[] sides = assignment.split("=", 2);
        on(who, leader -> {
            if (!leader.core().takesWrites()) {
                happened.add("replica " + who + " takes no writes");
                return;
            }
            SimEntry entry = leader.write(operations++, key(sides[0]), sides[1], required);
            if (entry != null) {
                waiting.add(new Waiting(entry, leader.id(), leader.core().term(), required));
            }
        });
    }

    /** An idempotent write that another leader's log has already: it is waited for, not done again. */
    private void retry(String who, String assignment, int required) {
        on(who, leader -> {
            SimEntry at = leader.log().last();
            while (at != null && !assignment.endsWith("=" + at.value())) {
                at = at.previous();
            }
            if (at == null) {
                happened.add("replica " + who + " does not have it");
            } else {
                happened.add("replica " + who + " has it as " + at);
                waiting.add(new Waiting(at, leader.id(), leader.core().term(), required));
            }
        });
    }

    private static int key(String name) {
        return Integer.parseInt(name.substring(1));
    }

    private Parcel take(String link, boolean remove) {
        String[] ends = link.split("->", -1);
        for (int at = 0; at < inFlight.size(); at++) {
            Parcel parcel = inFlight.get(at);
            if (parcel.from() == id(ends[0]) && parcel.to() == id(ends[1])) {
                return remove ? inFlight.remove(at) : parcel;
            }
        }
        throw new IllegalStateException("nothing is in flight on " + link);
    }

    private void deliver(Parcel parcel) {
        SimReplica to = replicas.get(parcel.to());
        if (!to.isUp() || cut[parcel.from()][parcel.to()]) {
            happened.add("lost: " + describe(parcel));
        } else if (parcel.toIncarnation() != Parcel.ANY && parcel.toIncarnation() != to.incarnation()) {
            happened.add("refused, for another directory: " + describe(parcel));
            on(String.valueOf(to.id()), replica -> replica.receive(parcel));
        } else {
            on(String.valueOf(to.id()), replica -> {
                becomesFormed(replica);
                replica.receive(parcel);
            });
        }
    }

    /** A candidate that hears of a higher term stands again. */
    private void elect(int candidate, List<String> among) {
        among.forEach(who -> on(who, Scenario::restart));
        List<Integer> ids = among.stream().map(Scenario::id).toList();
        for (int attempt = 0; attempt < 3 && !replicas.get(candidate).leads(); attempt++) {
            campaign(candidate);
            Parcel next = anElectionsAmong(ids);
            for (; next != null; next = anElectionsAmong(ids)) {
                inFlight.remove(next);
                deliver(next);
            }
        }
        shorten();
    }

    private @Nullable Parcel anElectionsAmong(List<Integer> ids) {
        return inFlight.stream()
                .filter(parcel -> ids.contains(parcel.from()) && ids.contains(parcel.to()))
                .filter(parcel -> parcel.content() instanceof Parcel.Core core && isOfAnElection(core.message()))
                .findFirst()
                .orElse(null);
    }

    private static boolean isOfAnElection(Message message) {
        return message instanceof Message.PreVoteRequest
                || message instanceof Message.PreVoteResponse
                || message instanceof Message.VoteRequest
                || message instanceof Message.VoteResponse;
    }

    private void shorten() {
        happened.removeIf(line ->
                line.startsWith("sends ") || line.contains("FollowerAdvanced") || line.contains("MessageIgnored"));
    }

    /** Messages and syncs among some replicas, told in short: only what changed. */
    private void flow(List<String> among) {
        List<Integer> ids = among.isEmpty()
                ? replicas.stream().map(SimReplica::id).toList()
                : among.stream().map(Scenario::id).toList();
        for (int step = 0; step < MOST_STEPS; step++) {
            Parcel next = inFlight.stream()
                    .filter(parcel -> ids.contains(parcel.from()) && ids.contains(parcel.to()))
                    .findFirst()
                    .orElse(null);
            if (next != null) {
                inFlight.remove(next);
                deliver(next);
            } else if (!syncAny(ids)) {
                break;
            }
        }
        shorten();
    }

    private boolean syncAny(List<Integer> ids) {
        for (SimReplica replica : replicas) {
            boolean behind = replica.log().syncedIndex() < replica.log().lastIndex();
            if (ids.contains(replica.id()) && replica.isUp() && behind) {
                on(String.valueOf(replica.id()), Scenario::sync);
                return true;
            }
        }
        return false;
    }

    private void crash(String[] words) {
        SimReplica replica = replicas.get(id(words[1]));
        if (words.length > 3) {
            replica.log().syncUpTo(id(words[3]));
        }
        replica.crash(UNLUCKY);
    }

    private static void restart(SimReplica replica) {
        if (replica.isUp()) {
            replica.crash(UNLUCKY);
        }
        replica.restart();
    }

    private void wipe(String who) {
        on(who, replica -> {
            replica.crash(UNLUCKY);
            replica.wipe();
            replica.restart();
        });
    }

    private void again(String link) {
        String[] ends = link.split("->", -1);
        on(ends[0], leader -> leader.failAppend(id(ends[1])));
        on(ends[0], leader -> leader.resume(id(ends[1])));
    }

    private void cut(String link) {
        String[] ends = link.split("->", -1);
        cut[id(ends[0])][id(ends[1])] = true;
    }

    private void transfer(String link) {
        String[] ends = link.split("->", -1);
        on(ends[0], leader -> leader.transfer(id(ends[1]), Reason.REQUESTED));
    }

    // ---- reads -----------------------------------------------------------------------------------------------------

    private void read(String[] words) {
        if (words.length > 3) {
            on(words[1], leader -> {
                long readIndex = leader.log().lastIndex();
                long term = leader.core().term();
                reads.add(new Read(leader.id(), term, words[2], readIndex, leader.askRound(true)));
            });
            return;
        }
        SimReplica highest = null;
        for (String who : words[1].split(",", -1)) {
            SimReplica replica = replicas.get(id(who));
            boolean higher = highest == null
                    || replica.log().lastPosition().isAfter(highest.log().lastPosition());
            highest = higher ? replica : highest;
            happened.add("replica " + who + " at " + replica.log().lastPosition() + " has "
                    + value(replica.store().get(words[2])));
        }
        if (highest != null) {
            happened.add("the answer is replica " + highest.id() + "'s: "
                    + value(highest.store().get(words[2])));
        }
    }

    private void answer() {
        reads.removeIf(read -> {
            SimReplica leader = replicas.get(read.leader());
            if (!leader.leads() || leader.core().term() != read.term()) {
                happened.add("the read of " + read.key() + " at replica " + read.leader() + " is not answered");
                return true;
            }
            long commit = leader.core().commitIndex();
            boolean done = leader.core().confirmedRound() >= read.round() && commit >= read.readIndex();
            if (done) {
                happened.add("the read of " + read.key() + " is answered at commit index " + commit + ": "
                        + value(leader.store().getCommitted(read.key(), commit)));
            }
            return done;
        });
    }

    private void local(String who, String key) {
        SimReplica replica = replicas.get(id(who));
        happened.add("replica " + who + " shows " + value(replica.store().getLocal(key)) + ", its log says "
                + value(replica.store().get(key)));
    }

    private void token(String who, Position token) {
        SimReplica replica = replicas.get(id(who));
        happened.add("to replica " + who + " position " + token + " is "
                + Tokens.standing(token, replica.log(), replica.core().commitIndex()));
    }

    private void repair(String link, String key) {
        String[] ends = link.split("->", -1);
        SimReplica leader = replicas.get(id(ends[0]));
        SimReplica other = replicas.get(id(ends[1]));
        Position at = leader.log().lastPosition();
        Parcel.Repair repair = new Parcel.Repair(
                leader.core().term(), at, key(key), leader.store().get(key));
        send(new Parcel(leader.id(), leader.incarnation(), other.id(), other.incarnation(), repair));
    }

    // ---- telling ---------------------------------------------------------------------------------------------------

    private void acknowledge() {
        waiting.removeIf(write -> {
            SimReplica leader = replicas.get(write.leader());
            if (!leader.leads() || leader.core().term() != write.term()) {
                happened.add("nobody knows what became of " + write.entry());
                return true;
            }
            long covered = leader.core().coveredBy(write.required());
            boolean done =
                    covered >= Math.max(write.entry().index(), leader.core().noOpIndex());
            if (settings != null && write.required() >= settings.majority()) {
                done &= leader.core().commitIndex() >= write.entry().index();
            }
            if (done) {
                happened.add("acknowledged " + write.entry() + " w=" + write.required());
            }
            return done;
        });
    }

    private void show() {
        for (SimReplica replica : replicas) {
            StringBuilder log = new StringBuilder();
            for (long index = 1; index <= replica.log().lastIndex(); index++) {
                log.append(' ').append(replica.log().termAt(index)).append('.').append(index);
            }
            String role = replica.isUp() ? replica.core().role().label() : "down";
            happened.add("replica " + replica.id() + " (" + role + standing(replica) + "): term "
                    + replica.core().term() + ", log" + log + ", synced "
                    + replica.log().syncedIndex() + ", commit "
                    + replica.core().commitIndex() + ", k0="
                    + value(replica.store().get("k0")));
        }
    }

    private String standing(SimReplica replica) {
        if (replica.isMember()) {
            return "";
        }
        return forming.contains(replica.id()) ? ", forming" : ", joining";
    }

    private static String value(@Nullable KeyRecord record) {
        return record == null ? "absent" : Laws.text(record);
    }

    private static String describe(Parcel parcel) {
        String link = parcel.from() + "->" + parcel.to() + " ";
        if (!(parcel.content() instanceof Parcel.Core core)) {
            String what = parcel.content() instanceof Parcel.JoinAsk ? "asks to join" : "read repair";
            return link + what + ", incarnation " + parcel.fromIncarnation();
        }
        Message message = core.message();
        String of = link + "term " + message.term() + " ";
        if (message instanceof AppendRequest request) {
            return of + "append after " + request.previous() + ": "
                    + request.entries().count() + " entries, commit " + request.commitIndex();
        }
        if (message instanceof AppendResponse response) {
            return of + (response.accepted() ? "has up to " : "refuses, try after ") + response.matchIndex();
        }
        return of + message.getClass().getSimpleName();
    }
}
