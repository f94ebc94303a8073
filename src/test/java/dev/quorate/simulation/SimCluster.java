package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.protocol.Reason;
import dev.quorate.simulation.SimSettings.Action;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Replicas, the network between them, clients, and one thing that happens after the other; all is checked each time. */
final class SimCluster implements SimWorld {
    private static final int MOST_IN_FLIGHT = 60;
    private static final int RECOVERIES = 16; // one of so many schedules ends with one
    private static final Reason[] WHY_TRANSFER = {Reason.REQUESTED, Reason.SHUTDOWN};

    private final SimSettings settings;
    private final SplittableRandom random;
    private final Laws laws;
    private final List<SimReplica> replicas = new ArrayList<>();
    private final List<Parcel> inFlight = new ArrayList<>();
    private final boolean[][] cut;
    private final SimClients clients;
    private final Coverage coverage;
    private final SimTrace trace;
    private boolean calm;
    private int dies = SimEntry.NOBODY;
    private int diesAfter;
    private int full = SimEntry.NOBODY;
    private int quiet;
    private int asleep = SimEntry.NOBODY;
    private int promised = SimEntry.NOBODY;

    /** A process died between two steps of what it did. */
    private static final class Died extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Died() {
            super(null, null, false, false);
        }
    }

    SimCluster(SimSettings settings, SplittableRandom random, Coverage coverage, SimTrace trace) {
        this.settings = settings;
        this.random = random;
        this.coverage = coverage;
        this.trace = trace;
        this.cut = new boolean[settings.replicas()][settings.replicas()];
        SimEntry root = SimEntry.root(settings.replicas());
        this.laws = new Laws(settings, root);
        for (int id = 0; id < settings.replicas(); id++) {
            replicas.add(new SimReplica(settings, id, root, this, laws));
        }
        this.clients = new SimClients(settings, random, replicas, laws, trace);
    }

    /** Runs a whole schedule: disorder, then order again. */
    static SimCluster run(long seed, Flaw flaw, Coverage coverage, SimTrace trace) {
        SplittableRandom random = new SplittableRandom(seed);
        SimSettings settings = SimSettings.draw(random, flaw);
        trace.add(() -> settings.toString());
        SimCluster cluster = new SimCluster(settings, random, coverage, trace);
        if (!settings.elects() || random.nextBoolean()) {
            cluster.on(cluster.replicas.get(0), SimReplica::firstStart);
        }
        for (int step = 0; step < settings.steps(); step++) {
            cluster.step();
        }
        new Healing(cluster, random).heal();
        if (settings.replicas() > 1 && random.nextInt(RECOVERIES) == 0) {
            new SimRecovery(cluster, random).run();
        }
        coverage.count(cluster.clients.acknowledgedCount(), cluster.clients.answeredReads());
        cluster.replicas.forEach(replica -> coverage.countProofs(replica.freshness.proofs()));
        return cluster;
    }

    SimSettings settings() {
        return settings;
    }

    List<SimReplica> replicas() {
        return replicas;
    }

    List<Parcel> inFlight() {
        return inFlight;
    }

    SimClients clients() {
        return clients;
    }

    boolean[][] cut() {
        return cut;
    }

    void say(Supplier<String> line) {
        trace.add(line);
    }

    // ---- the world of a replica ------------------------------------------------------------------------------------

    @Override
    public void send(Parcel parcel) {
        if (!calm && random.nextInt(100) < settings.lostPercent()) {
            trace.add(() -> "  loses " + parcel);
            return;
        }
        trace.add(() -> "  sends " + parcel);
        inFlight.add(parcel);
        if (isPromise(parcel) && random.nextInt(100) < settings.bouncedPercent()) {
            promised = parcel.from();
        }
        if (!calm && random.nextInt(100) < settings.doubledPercent()) {
            inFlight.add(parcel);
        }
    }

    /** The worst moment to forget is after a promise. */
    private static boolean isPromise(Parcel parcel) {
        return parcel.content() instanceof Parcel.Core core
                && (core.message() instanceof VoteResponse || core.message() instanceof AppendResponse);
    }

    @Override
    public void happened(SimReplica replica, CoreEvent event) {
        coverage.saw(event);
        trace.add(() -> "  replica " + replica.id() + ": " + event);
    }

    @Override
    public void mayCrash(SimReplica replica) {
        if (replica.id() == dies && diesAfter-- <= 0) {
            dies = SimEntry.NOBODY;
            throw new Died();
        }
    }

    @Override
    public boolean hasRoom(SimReplica replica) {
        return replica.id() != full;
    }

    // ---- steps -----------------------------------------------------------------------------------------------------

    /** A replica does something, and may die of it; then everything is checked. */
    void on(SimReplica replica, Consumer<SimReplica> action) {
        replica.writesWait(clients.waitsFor(replica));
        try {
            action.accept(replica);
        } catch (Died e) {
            crash(replica);
            if (random.nextBoolean()) {
                replica.restart();
            }
        }
        if (replica.isUp()) {
            laws.state(replica);
        }
        clients.settle();
    }

    private void crash(SimReplica replica) {
        trace.add(() -> "crash of replica " + replica.id());
        replica.crash(random);
    }

    /** All processes end, and what is on its way is of a set that is no more. */
    void endAll() {
        replicas.stream().filter(SimReplica::isUp).forEach(this::crash);
        inFlight.clear();
        promised = SimEntry.NOBODY;
        clients.startAnew();
    }

    /** A new set begins around the log of a replica. */
    void begins(SimReplica kept) {
        laws.recovered(kept, replicas);
        replicas.forEach(this::restart);
        calm = false;
    }

    void step() {
        if (promised != SimEntry.NOBODY) {
            SimReplica forgetful = replicas.get(promised);
            promised = SimEntry.NOBODY;
            bounce(forgetful);
        }
        Action action = inFlight.size() > MOST_IN_FLIGHT ? Action.DELIVER : settings.pick(random);
        if (quiet > 0) {
            quiet--;
            action = action.isTrouble() || action == Action.MEND ? Action.DELIVER : action;
        }
        SimReplica replica = replicas.get(random.nextInt(replicas.size()));
        switch (action) {
            case DELIVER -> deliver();
            case TICK -> tick();
            case SYNC_ENDS -> some(SimReplica::isSyncing, this::syncEnds);
            case WRITE, RETRY, LINEARIZABLE_READ, REPAIR -> ask(action);
            case GIVE_UP -> clients.giveUp();
            case QUORUM_READ -> clients.quorumRead();
            case CRASH -> ifUp(replica, this::crash);
            case CRASH_WITHIN -> crashWithin(replica);
            case RESTART -> some(down -> !down.isUp(), this::restart);
            case WIPE -> wipe(replica);
            case CUT -> cut(replica);
            case MEND -> mend();
            case FAIL_APPEND -> ifLeads(replica, leader -> leader.failAppend(other(leader)));
            case RESUME -> ifLeads(replica, leader -> leader.resume(other(leader)));
            case TRANSFER -> some(SimReplica::leads, this::transfer);
            case SNAPSHOT -> ifUp(replica, this::snapshot);
            case STORM -> storm();
            case COUP -> some(SimReplica::leads, this::coup);
            case BOUNCE -> bounce(replica);
            case STAND -> ifUp(replica, SimReplica::stand);
        }
    }

    private void snapshot(SimReplica replica) {
        trace.add(() ->
                "snapshot of replica " + replica.id() + " at " + replica.core().commitIndex());
        replica.goOnWithSnapshot(settings.keptEntries());
    }

    private void ifUp(SimReplica replica, Consumer<SimReplica> action) {
        if (replica.isUp()) {
            on(replica, action);
        }
    }

    private void ifLeads(SimReplica replica, Consumer<SimReplica> action) {
        if (replica.leads() && settings.replicas() > 1) {
            on(replica, action);
        }
    }

    private int other(SimReplica replica) {
        return (replica.id() + 1 + random.nextInt(replicas.size() - 1)) % replicas.size();
    }

    /** One of those that fit, if any does. */
    private void some(Predicate<SimReplica> fit, Consumer<SimReplica> action) {
        int first = random.nextInt(replicas.size());
        for (int i = 0; i < replicas.size(); i++) {
            SimReplica replica = replicas.get((first + i) % replicas.size());
            if (fit.test(replica)) {
                action.accept(replica);
                return;
            }
        }
    }

    private void ask(Action action) {
        boolean write = action == Action.WRITE || action == Action.RETRY;
        // Who writes has mostly found the newest leader; reads are asked of anyone who thinks that it leads.
        boolean newest = write && random.nextInt(8) > 0;
        some(
                replica -> replica.leads()
                        && replica.isMember()
                        && (!newest || replica.core().term() == laws.newestTerm()),
                leader -> ask(action, leader));
    }

    private void ask(Action action, SimReplica leader) {
        trace.add(() -> action + " at replica " + leader.id());
        on(leader, asked -> {
            switch (action) {
                case WRITE -> clients.write(asked);
                case RETRY -> clients.retry(asked);
                case LINEARIZABLE_READ -> clients.readLinearizable(asked);
                default -> clients.repair(asked, this::send);
            }
        });
    }

    private void deliver() {
        if (inFlight.isEmpty()) {
            return;
        }
        boolean reordered = random.nextInt(100) < settings.reorderedPercent();
        deliver(inFlight.remove(reordered ? random.nextInt(inFlight.size()) : 0));
    }

    void deliver(Parcel parcel) {
        SimReplica to = replicas.get(parcel.to());
        if (to.isUp() && !cut[parcel.from()][parcel.to()]) {
            trace.add(() -> "deliver " + parcel);
            on(to, receiver -> receiver.receive(parcel));
        }
    }

    /** Mostly one tick, at times many that are on time, at times one that is late. */
    private void tick() {
        int id = pickBySpeed();
        SimReplica replica = replicas.get(id);
        if (id == asleep) {
            return;
        }
        int kind = random.nextInt(20);
        int ticks = kind < 2 ? 1 + random.nextInt(2 * settings.electionTicks()) : 1;
        int elapsed = kind == 2 ? random.nextInt(3 * settings.electionTicks()) : 1;
        for (int i = 0; i < ticks && replica.isUp(); i++) {
            trace.add(() -> "tick " + elapsed + " of replica " + id);
            on(replica, ticked -> ticked.tick(elapsed));
        }
    }

    private int pickBySpeed() {
        int sum = 0;
        for (int speed : settings.speeds()) {
            sum += speed;
        }
        int drawn = random.nextInt(sum);
        int id = 0;
        while (drawn >= settings.speeds()[id]) {
            drawn -= settings.speeds()[id++];
        }
        return id;
    }

    private void syncEnds(SimReplica replica) {
        boolean slow = replica.id() == settings.slowDisk() && random.nextInt(8) > 0;
        if (!slow) {
            trace.add(() -> "sync of replica " + replica.id() + " ends");
            boolean told = random.nextInt(3) > 0;
            on(replica, synced -> synced.syncEnds(told));
        }
    }

    private void crashWithin(SimReplica replica) {
        dies = replica.id();
        diesAfter = random.nextInt(6);
        if (settings.fullDisks()) {
            full = random.nextBoolean() ? random.nextInt(replicas.size()) : SimEntry.NOBODY;
        }
    }

    /** Several lose patience at the same time; messages cross, and one of those who were asked dies and comes back. */
    private void storm() {
        for (SimReplica replica : replicas) {
            if (!replica.leads() && random.nextInt(3) > 0) {
                losePatience(replica);
            }
        }
        deliverSome();
        if (random.nextBoolean()) {
            bounce(replicas.get(random.nextInt(replicas.size())));
        }
    }

    private void deliverSome() {
        boolean reordered = random.nextBoolean();
        for (int crossing = random.nextInt(30); crossing > 0 && !inFlight.isEmpty(); crossing--) {
            deliver(inFlight.remove(reordered ? random.nextInt(inFlight.size()) : 0));
        }
    }

    /** What is under way arrives, and what was appended is synced. */
    private void settle() {
        for (int i = 0; i < MOST_IN_FLIGHT && !inFlight.isEmpty(); i++) {
            deliver(inFlight.remove(0));
            some(SimReplica::isSyncing, this::syncEnds);
        }
    }

    private void losePatience(SimReplica replica) {
        for (int i = 0; replica.isUp() && i < 2 * settings.electionTicks(); i++) {
            trace.add(() -> "tick of replica " + replica.id());
            on(replica, ticked -> ticked.tick(1));
        }
    }

    /** A leader is cut off, wholly or one way, at times with its clock standing still, and the others want another. */
    private void coup(SimReplica leader) {
        if (replicas.size() == 1) {
            return;
        }
        if (random.nextBoolean()) {
            settle();
        }
        isolate(leader, random.nextInt(4));
        if (random.nextBoolean()) {
            asleep = leader.id();
        }
        // What follows takes its time.
        quiet = random.nextInt(150);
        for (SimReplica replica : replicas) {
            if (replica != leader && random.nextInt(3) > 0) {
                losePatience(replica);
            }
        }
        deliverSome();
    }

    /** Back before anybody noticed, but for what was not synced. */
    private void bounce(SimReplica replica) {
        ifUp(replica, this::crash);
        restart(replica);
    }

    private void restart(SimReplica replica) {
        if (!replica.isUp()) {
            trace.add(() -> "restart of replica " + replica.id());
            on(replica, SimReplica::restart);
        }
    }

    /** No more disks are lost at a time than the set survives; one that joins may lose its disk again. */
    private void wipe(SimReplica replica) {
        long mayBeLost = settings.replicas() == 2 ? 1 : (settings.replicas() - 1) / 2;
        boolean fixedLeader = !settings.elects() && replica.id() == 0;
        if (settings.replicas() == 1
                || fixedLeader
                || laws.isForming()
                || (!laws.isJoining(replica.id()) && laws.joining() >= mayBeLost)) {
            return;
        }
        trace.add(() -> "wipe of replica " + replica.id());
        if (replica.isUp()) {
            crash(replica);
        }
        if (random.nextBoolean()) {
            replica.wipe();
        } else {
            replica.quarantine();
        }
        on(replica, SimReplica::restart);
    }

    private void cut(SimReplica replica) {
        if (replicas.size() > 1) {
            isolate(replica, random.nextInt(4));
        }
    }

    /** Kinds 0: it is not heard, 1: it hears nothing, others: both, from some or all. */
    private void isolate(SimReplica replica, int kind) {
        for (int other = 0; other < replicas.size(); other++) {
            boolean whole = kind < 3 || random.nextBoolean();
            if (other != replica.id() && whole) {
                cut[replica.id()][other] |= kind != 1;
                cut[other][replica.id()] |= kind != 0;
            }
        }
        trace.add(() -> "cut around replica " + replica.id() + ": " + Arrays.deepToString(cut));
    }

    void mend() {
        trace.add(() -> "all links mended");
        asleep = SimEntry.NOBODY;
        for (boolean[] from : cut) {
            Arrays.fill(from, false);
        }
    }

    /** No more deaths, no more full disks, nothing lost or doubled. */
    void calm() {
        calm = true;
        dies = SimEntry.NOBODY;
        full = SimEntry.NOBODY;
    }

    private void transfer(SimReplica leader) {
        if (replicas.size() > 1) {
            int target = other(leader);
            trace.add(() -> "transfer from replica " + leader.id() + " to " + target);
            on(leader, asked -> asked.transfer(target, WHY_TRANSFER[random.nextInt(WHY_TRANSFER.length)]));
        }
    }
}
