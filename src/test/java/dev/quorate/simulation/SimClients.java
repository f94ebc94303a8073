package dev.quorate.simulation;

import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What clients ask, what they are told, and whether they may be told that (protocol.md §2.6, §3, §4, §5). */
final class SimClients {
    private static final int MOST_WAITING = 12;

    private final SimSettings settings;
    private final RandomGenerator random;
    private final List<SimReplica> replicas;
    private final Laws laws;
    private final SimTrace trace;

    private final List<Write> waiting = new ArrayList<>();
    private final List<Operation> unknown = new ArrayList<>();
    private final List<LinearizableRead> reads = new ArrayList<>();
    private final List<QuorumRead> quorumReads = new ArrayList<>();
    private final List<RepairingRead> repairs = new ArrayList<>();
    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private int acknowledgedBefore;
    private int operations;
    private int answeredReads;

    // By key: the latest version that some client saw in a way that binds all who ask afterwards.
    private final Position[] seen = new Position[SimEntry.KEYS];

    /** What a client wants to be done, whatever it takes; {@code seen} is what binds it. */
    private record Operation(int number, int key, @Nullable String value, int required, Position seen) {}

    /** One attempt that a leader took. */
    private record Write(Operation operation, SimEntry entry, int leader, long term) {}

    /** A promise given: in which term, by whom. */
    private record Acknowledged(Operation operation, SimEntry entry, long term) {}

    private record LinearizableRead(int leader, long term, int key, long readIndex, long round, Position seen) {}

    private record Reply(
            SimEntry last, Position version, @Nullable KeyRecord record) {}

    private record QuorumRead(int key, int needed, int promises, List<Integer> toAsk, List<Reply> replies) {}

    private record RepairingRead(
            int leader, long term, int key, @Nullable KeyRecord record, SimEntry last, List<Integer> toAsk) {}

    SimClients(SimSettings settings, RandomGenerator random, List<SimReplica> replicas, Laws laws, SimTrace trace) {
        this.settings = settings;
        this.random = random;
        this.replicas = replicas;
        this.laws = laws;
        this.trace = trace;
        Arrays.fill(seen, Position.NONE);
    }

    int acknowledgedCount() {
        return acknowledgedBefore + acknowledged.size();
    }

    int answeredReads() {
        return answeredReads;
    }

    boolean waitsFor(SimReplica leader) {
        return waiting.stream().anyMatch(write -> write.leader() == leader.id());
    }

    // ---- writes ----------------------------------------------------------------------------------------------------

    void write(SimReplica leader) {
        int number = operations++;
        int key = random.nextInt(SimEntry.KEYS);
        String value = random.nextInt(6) == 0 ? null : "v" + number;
        int required = 1 + random.nextInt(settings.replicas());
        attempt(leader, new Operation(number, key, value, required, seen[key]));
    }

    /** The same operation again, at whoever leads now. */
    void retry(SimReplica leader) {
        if (!unknown.isEmpty()) {
            attempt(leader, unknown.remove(random.nextInt(unknown.size())));
        }
    }

    private void attempt(SimReplica leader, Operation operation) {
        if (!leader.core().takesWrites() || waiting.size() >= MOST_WAITING) {
            return;
        }
        SimEntry inherited = find(leader.log().last(), operation.number());
        SimEntry entry = inherited != null
                ? inherited
                : leader.write(operation.number(), operation.key(), operation.value(), operation.required());
        if (entry != null) {
            trace.add(() -> "  client " + operation + (inherited == null ? " is " : " was ") + entry);
            waiting.add(new Write(operation, entry, leader.id(), leader.core().term()));
        }
    }

    private static @Nullable SimEntry find(SimEntry last, int operation) {
        SimEntry at = last;
        while (at != null && at.operation() != operation) {
            at = at.previous();
        }
        return at;
    }

    /** A client's patience ends; the entry stays. */
    void giveUp() {
        if (!waiting.isEmpty()) {
            unknown.add(waiting.remove(random.nextInt(waiting.size())).operation());
        }
    }

    /** Whatever moved: writes that are covered are acknowledged, reads that may be answered are. */
    void settle() {
        waiting.removeIf(this::settled);
        reads.removeIf(this::answered);
    }

    private boolean settled(Write write) {
        SimReplica leader = replicas.get(write.leader());
        if (!leader.leads() || leader.core().term() != write.term()) {
            unknown.add(write.operation());
            return true;
        }
        int required = write.operation().required();
        long covered = leader.core().coveredBy(required);
        boolean skipsNoOp = settings.flaw() == Flaw.INHERITED_ENTRY_ACKNOWLEDGED_WITHOUT_NO_OP;
        boolean done = covered >= write.entry().index()
                && (skipsNoOp || covered >= leader.core().noOpIndex());
        if (required >= settings.majority()) {
            done &= leader.core().commitIndex() >= write.entry().index();
        }
        if (done) {
            acknowledge(write, leader);
        }
        return done;
    }

    private void acknowledge(Write write, SimReplica leader) {
        Operation operation = write.operation();
        SimEntry entry = write.entry();
        trace.add(() -> "  acknowledged " + operation + " as " + entry + " by replica " + leader.id());
        SimEntry noOp = leader.log().get(leader.core().noOpIndex());
        int holders = Integer.bitCount(entry.holders());
        int holdersOfNoOp = Integer.bitCount(noOp.holders());
        if (holders < operation.required() || (entry.holders() & (1 << leader.id())) == 0) {
            throw new SafetyViolation(operation + " was acknowledged, but only " + holders + " members have " + entry);
        }
        if (holdersOfNoOp < operation.required()) {
            throw new SafetyViolation(operation + " was acknowledged, but only " + holdersOfNoOp
                    + " members have the no-op " + noOp + " of who acknowledged it");
        }
        if (operation.required() >= settings.majority()) {
            sees(entry.position(), operation.seen(), operation);
            seen[operation.key()] = later(seen[operation.key()], entry.position());
        }
        acknowledged.add(new Acknowledged(operation, entry, write.term()));
    }

    private static Position later(Position one, Position other) {
        return one.isAfter(other) ? one : other;
    }

    private static void sees(Position version, Position seen, Object what) {
        if (seen.isAfter(version)) {
            throw new SafetyViolation(what + " got " + version + ", but " + seen + " was seen before it began");
        }
    }

    // ---- linearizable reads ----------------------------------------------------------------------------------------

    void readLinearizable(SimReplica leader) {
        if (leader.log().lastIndex() < leader.core().noOpIndex()) {
            return;
        }
        int key = random.nextInt(SimEntry.KEYS);
        long readIndex = leader.log().lastIndex();
        Position binding = seen[key];
        long term = leader.core().term();
        long round = leader.askRound(random.nextInt(4) > 0);
        reads.add(new LinearizableRead(leader.id(), term, key, readIndex, round, binding));
    }

    private boolean answered(LinearizableRead read) {
        SimReplica leader = replicas.get(read.leader());
        if (!leader.leads() || leader.core().term() != read.term()) {
            return true;
        }
        long commit = leader.core().commitIndex();
        boolean newest = settings.flaw() == Flaw.LINEARIZABLE_READ_OF_THE_NEWEST;
        boolean early = settings.flaw() == Flaw.LINEARIZABLE_READ_BEFORE_ITS_INDEX;
        if (leader.core().confirmedRound() < read.round() || (commit < read.readIndex() && !early)) {
            return false;
        }
        String name = SimEntry.name(read.key());
        KeyRecord record = newest ? leader.store().get(name) : leader.store().getCommitted(name, commit);
        SimEntry told = (newest ? leader.log().last() : leader.log().get(commit)).newest(read.key());
        Position version = told == null ? Position.NONE : told.position();
        trace.add(() -> "  " + read + " sees " + version);
        answeredReads++;
        if (told != null && !laws.isCommitted(told)) {
            throw new SafetyViolation(read + " saw " + told + ", which is not committed");
        }
        if (record != null && !record.version().equals(version)) {
            throw new SafetyViolation(read + " got " + record.version() + ", but the log says " + told);
        }
        sees(version, read.seen(), read);
        seen[read.key()] = later(seen[read.key()], version);
        return true;
    }

    // ---- quorum reads ----------------------------------------------------------------------------------------------

    /** One replica more answers a read that is under way, or another read begins. */
    void quorumRead() {
        if (quorumReads.isEmpty() || random.nextInt(4) == 0) {
            int needed = 1 + random.nextInt(settings.replicas());
            int key = random.nextInt(SimEntry.KEYS);
            quorumReads.add(new QuorumRead(key, needed, acknowledged.size(), inAnyOrder(), new ArrayList<>()));
        }
        QuorumRead read = quorumReads.get(random.nextInt(quorumReads.size()));
        if (read.toAsk().isEmpty()) {
            quorumReads.remove(read);
            return;
        }
        int asked = read.toAsk().remove(0);
        SimReplica replica = replicas.get(asked);
        if (replica.isUp() && replica.isMember()) {
            SimEntry last = replica.log().last();
            KeyRecord record = replica.store().get(SimEntry.name(read.key()));
            Position version = record == null ? Position.NONE : record.version();
            read.replies().add(new Reply(last, version, record));
            trace.add(
                    () -> "  quorum read of " + read.key() + ": replica " + asked + " at " + last + " has " + version);
        }
        if (read.replies().size() == read.needed()) {
            quorumReads.remove(read);
            judge(read);
        }
    }

    private List<Integer> inAnyOrder() {
        List<Integer> order = new ArrayList<>();
        for (int id = 0; id < settings.replicas(); id++) {
            order.add(random.nextInt(id + 1), id);
        }
        return order;
    }

    /** Sees every write acknowledged before it began where r + w > N: below a majority, until a failover. */
    private void judge(QuorumRead read) {
        boolean byVersion = settings.flaw() == Flaw.QUORUM_READ_BY_HIGHEST_VERSION;
        Reply answer = read.replies().get(0);
        for (Reply reply : read.replies()) {
            boolean higher = byVersion
                    ? reply.version().isAfter(answer.version())
                    : reply.last().position().isAfter(answer.last().position());
            answer = higher ? reply : answer;
        }
        answeredReads++;
        SimEntry told = answer.last().newest(read.key());
        Position version = told == null || told.value() == null ? Position.NONE : told.position();
        if (!version.equals(answer.version())) {
            throw new SafetyViolation("a quorum read got " + answer.version() + ", but that log says " + told);
        }
        for (int at = 0; at < read.promises(); at++) {
            Acknowledged promise = acknowledged.get(at);
            int required = promise.operation().required();
            boolean holds =
                    required >= settings.majority() || !settings.elects() || laws.newestTerm() == promise.term();
            boolean meets = required + read.needed() > settings.replicas();
            if (promise.operation().key() == read.key()
                    && holds
                    && meets
                    && !promise.entry().isIn(answer.last())) {
                throw new SafetyViolation("a quorum read of " + read.needed() + " got the state of a log that ends at "
                        + answer.last() + ", without " + promise);
            }
        }
    }

    // ---- read repair -----------------------------------------------------------------------------------------------

    /** A leader that repairs asks one replica more, or begins. */
    void repair(SimReplica candidate, Consumer<Parcel> network) {
        if (repairs.isEmpty()) {
            begin(candidate);
            return;
        }
        RepairingRead read = repairs.get(0);
        SimReplica leader = replicas.get(read.leader());
        if (!leader.leads() || leader.core().term() != read.term()) {
            repairs.remove(read);
            return;
        }
        SimReplica asked = replicas.get(read.toAsk().remove(0));
        KeyRecord result = read.record();
        boolean misled = false;
        if (asked.isUp() && asked.isMember()) {
            if (asked.core().term() > read.term()) {
                repairs.remove(read);
                return;
            }
            KeyRecord theirs = asked.store().get(SimEntry.name(read.key()));
            if (read.last().position().isAfter(asked.log().lastPosition())) {
                Parcel.Repair repair =
                        new Parcel.Repair(read.term(), read.last().position(), read.key(), result);
                network.accept(new Parcel(leader.id(), leader.incarnation(), asked.id(), asked.incarnation(), repair));
            }
            boolean newer =
                    theirs != null && (result == null || theirs.version().isAfter(result.version()));
            misled = settings.flaw() == Flaw.LEADER_REPAIRS_ITSELF && newer;
            result = misled ? theirs : result;
        }
        if (read.toAsk().isEmpty() || misled) {
            repairs.remove(read);
            judge(read, result);
        }
    }

    private void begin(SimReplica leader) {
        if (leader.core().takesWrites() && settings.replicas() > 1) {
            int key = random.nextInt(SimEntry.KEYS);
            List<Integer> toAsk = inAnyOrder();
            toAsk.remove((Integer) leader.id());
            KeyRecord record = leader.store().get(SimEntry.name(key));
            repairs.add(new RepairingRead(
                    leader.id(), leader.core().term(), key, record, leader.log().last(), toAsk));
        }
    }

    /** The leader's own state is the answer: what its log lacks is being discarded. */
    private void judge(RepairingRead read, @Nullable KeyRecord result) {
        SimEntry told = read.last().newest(read.key());
        Position expected = told == null || told.value() == null ? Position.NONE : told.position();
        Position version = result == null ? Position.NONE : result.version();
        answeredReads++;
        if (!version.equals(expected)) {
            throw new SafetyViolation("a repairing read of replica " + read.leader() + " returned " + version
                    + ", but its log says " + told);
        }
    }

    /** Everybody goes home: what was asked and not answered stays unknown. */
    void leave() {
        waiting.clear();
        reads.clear();
        quorumReads.clear();
        repairs.clear();
    }

    /** Nobody relies any more on what was promised: it may be lost. */
    void startAnew() {
        leave();
        unknown.clear();
        acknowledgedBefore += acknowledged.size();
        acknowledged.clear();
        Arrays.fill(seen, Position.NONE);
    }
}
