package dev.quorate.simulation;

import dev.quorate.log.DirectoryIdentity;
import dev.quorate.protocol.CoreOptions;
import dev.quorate.protocol.Effects;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Reason;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The real core and the real store over a model of the log: what a shell does, without threads, disk or network. */
final class SimReplica {
    private static final int BATCH_BYTES = 200;

    private final SimSettings settings;
    private final int id;
    private final SimWorld world;
    private final Laws laws;
    private final SimEntry root;
    final SimFreshness freshness;
    private int starts;

    // Survives a crash, but not a wipe.
    private SimLog log;
    private HardState hardState = HardState.INITIAL;
    private boolean member = true;
    private boolean recovered;
    private long incarnation = 1;
    private long commitBound;

    // Gone with a crash.
    private ReplicaCore core;
    private Store store;
    private final List<Waiting> waiting = new ArrayList<>();
    private final SimStreams streams;
    private SimSnapshot.@Nullable Writing writing;
    private final SimSnapshot.Receiving receiving = new SimSnapshot.Receiving();
    private final SimOverlay overlay = new SimOverlay();
    private long syncRequested;
    private long syncTold;
    private long highestCommit;
    private boolean appended;
    private boolean mistaken;
    private boolean writesWait;
    private boolean up = true;

    private record Waiting(Effects.Delayed delayed, long toIncarnation) {}

    SimReplica(SimSettings settings, int id, SimEntry root, SimWorld world, Laws laws) {
        this.settings = settings;
        this.id = id;
        this.root = root;
        this.world = world;
        this.laws = laws;
        this.log = new SimLog(root);
        this.freshness = new SimFreshness(this, laws);
        this.store = new Store();
        this.streams = new SimStreams(settings.replicas());
        this.core = newCore();
    }

    private ReplicaCore newCore() {
        CoreOptions options = new CoreOptions(
                id,
                settings.replicas(),
                settings.election(),
                settings.heartbeatTicks(),
                settings.electionTicks(),
                BATCH_BYTES);
        return new ReplicaCore(options, new SplittableRandom(31L * id + starts++), hardState, member, commitBound, log);
    }

    // ---- what it is ------------------------------------------------------------------------------------------------

    int id() {
        return id;
    }

    boolean isUp() {
        return up;
    }

    /** Whether it takes itself for one that counts; false from a wipe until it stored that it was admitted. */
    boolean isMember() {
        return member;
    }

    long incarnation() {
        return incarnation;
    }

    SimLog log() {
        return log;
    }

    ReplicaCore core() {
        return core;
    }

    Store store() {
        return store;
    }

    boolean leads() {
        return up && core.role() == Role.LEADER;
    }

    Parcel.@Nullable Repair overlay(int key) {
        return overlay.at(key);
    }

    long highestCommit() {
        return highestCommit;
    }

    boolean isSyncing() {
        return up && syncRequested > log.syncedIndex();
    }

    // ---- start and end ---------------------------------------------------------------------------------------------

    void crash(RandomGenerator random) {
        up = false;
        syncRequested = 0;
        highestCommit = 0;
        waiting.clear();
        appended = false;
        mistaken = false;
        streams.clear();
        receiving.forget();
        writing = null;
        log.crash(random, settings.keptPercent());
        // Never synced by itself: what stands there may be older than what was written.
        commitBound = random.nextInt(4) == 0 ? 0 : Math.min(commitBound, log.lastIndex());
        syncTold = 0;
    }

    /** Its disk is lost: a new directory, that belongs to a set which it knows by the others' tale. */
    void wipe() {
        hardState = HardState.INITIAL;
        joinAnew(Flaw.WIPED_REPLICA_VOTES);
    }

    /** Damage was found in its log, which is kept aside: it joins as one whose disk was lost, but knows its term. */
    void quarantine() {
        joinAnew(Flaw.QUARANTINED_REPLICA_VOTES);
    }

    private void joinAnew(Flaw believesItself) {
        log = new SimLog(root);
        commitBound = 0;
        recovered = false;
        incarnation++;
        member = settings.flaw() == believesItself;
        laws.wiped(id);
    }

    /** A new set is to be formed around its log: another incarnation, in a term above all others (protocol.md §6). */
    void recover() {
        hardState = new HardState(hardState.term() + DirectoryIdentity.RECOVERY_TERMS, HardState.NOBODY);
        incarnation++;
        member = false;
        recovered = true;
    }

    void restart() {
        up = true;
        log.startAfterSnapshot();
        long snapshotIndex = log.snapshot().index();
        commitBound = Math.max(Math.min(commitBound, log.lastIndex()), snapshotIndex);
        store = new Store();
        if (snapshotIndex > 0) {
            store.become(log.newestSnapshot().image(), snapshotIndex);
        }
        store.committed(settings.flaw() == Flaw.UNDO_SKIPPED_AFTER_RESTART ? log.lastIndex() : commitBound);
        overlay.clear();
        for (long index = Math.max(snapshotIndex + 1, log.firstIndex()); index <= log.lastIndex(); index++) {
            apply(log.get(index));
        }
        // What recovery read was forced before it counts as synced.
        syncTold = log.syncedIndex();
        hold(0);
        core = newCore();
        laws.committed(this, core.commitIndex(), core.term());
        if (!settings.elects() && id == 0 && member) {
            perform(core.lead());
        }
        afterwards();
    }

    /** It comes from an earlier history: these entries are in its log, and the last one's term is its own. */
    void given(List<SimEntry> history) {
        history.forEach(log::append);
        log.syncUpTo(log.lastIndex());
        hardState = new HardState(log.lastPosition().term(), HardState.NOBODY);
        restart();
    }

    /** It has stored a set, and does not know that all others have. */
    void forming() {
        member = false;
        core = newCore();
    }

    /** They have. */
    void formed() {
        member = true;
        core.formed();
    }

    /** As the process that formed the set, or one that starts together with all others. */
    void firstStart() {
        if (settings.elects()) {
            stand();
        } else if (id == 0) {
            perform(core.lead());
            afterwards();
        }
    }

    void stand() {
        perform(core.stand(Reason.FIRST_TO_STAND));
        afterwards();
    }

    // ---- what happens to it ----------------------------------------------------------------------------------------

    /** A leader appends a client's write; its entry, or null where the disk is full. */
    @Nullable
    SimEntry write(int operation, int key, @Nullable String value, int required) {
        if (!world.hasRoom(this)) {
            return null;
        }
        SimEntry entry = log.last().write(core.term(), operation, key, value, required);
        append(entry);
        afterwards();
        return entry;
    }

    void receive(Parcel parcel) {
        if (parcel.content() instanceof Parcel.JoinAsk) {
            perform(core.joinerHeard(parcel.from(), parcel.fromIncarnation()));
        } else if (parcel.toIncarnation() != incarnation) {
            // A late question to join, of a directory that is no more, may have misled them: they are told again.
            mistaken = parcel.toIncarnation() < incarnation;
            return;
        } else if (parcel.content() instanceof Parcel.Repair repair) {
            repair(repair);
        } else if (parcel.content() instanceof Parcel.Part part) {
            receive(part, parcel.fromIncarnation());
        } else if (parcel.content() instanceof Parcel.Core content) {
            streams.answered(content.message(), core.term());
            freshness.taking(content.message());
            perform(core.step(content.message()), parcel.fromIncarnation());
            freshness.taken(content.message());
        }
        afterwards();
    }

    /** Parts come in order; one that does not fit is answered with what is there. */
    private void receive(Parcel.Part part, long fromIncarnation) {
        InstallRequest request = part.request();
        Effects effects = core.step(request);
        perform(effects, fromIncarnation);
        if (!effects.receivesSnapshot()) {
            return;
        }
        int receivedParts = receiving.take(part);
        if (receivedParts < part.snapshot().parts()) {
            perform(core.snapshotPartReceived(request, receivedParts), fromIncarnation);
        } else {
            perform(core.snapshotReceived(request), fromIncarnation);
        }
    }

    /** What is committed here goes into a snapshot, a part each time, and then most of the log that it covers goes. */
    void goOnWithSnapshot(int keptEntries) {
        SimSnapshot.Writing current = writing;
        if (current == null || current.isDead()) {
            SimEntry committed = log.get(core.commitIndex());
            boolean news = committed.index() > log.snapshot().index();
            writing = news ? new SimSnapshot.Writing(committed, store) : null;
            if (news && settings.flaw() == Flaw.SEGMENT_DELETED_BEFORE_THE_SNAPSHOT_IS_DURABLE) {
                log.dropUpTo(committed.index(), keptEntries);
            }
            return;
        }
        SimSnapshot whole = current.goOn();
        if (whole != null) {
            log.save(whole.flawed(settings.flaw(), store));
            writing = null;
            log.dropUpTo(whole.at().index(), keptEntries);
        }
    }

    private void repair(Parcel.Repair repair) {
        Position own = log.lastPosition();
        KeyRecord record = repair.record();
        boolean taken = repair.term() == core.term()
                && store.repair(SimEntry.name(repair.key()), record, repair.at(), core.term(), own);
        boolean mayTake = repair.term() == core.term() && overlay.mayTake(repair, own);
        if (taken != mayTake) {
            throw new SafetyViolation("replica " + id + " at " + own + (taken ? " took " : " did not take ") + repair);
        }
        if (taken) {
            overlay.take(repair);
        }
    }

    void tick(int elapsed) {
        if (!member && recovered && core.role() != Role.LEADER) {
            perform(core.leadRecovered());
        }
        if ((!member && !recovered) || mistaken) {
            mistaken = false;
            IntStream.range(0, settings.replicas())
                    .filter(other -> other != id)
                    .forEach(other -> world.send(new Parcel(id, incarnation, other, Parcel.ANY, new Parcel.JoinAsk())));
        }
        perform(core.tick(elapsed));
        afterwards();
    }

    /** Leadership is to be confirmed for a read; returns the round. */
    long askRound(boolean sendAtOnce) {
        long round = core.askRound();
        if (sendAtOnce) {
            perform(core.sendRound());
            afterwards();
        }
        return round;
    }

    void transfer(int target, Reason reason) {
        perform(core.transfer(target, reason));
        afterwards();
    }

    void writesWait(boolean wait) {
        writesWait = wait;
    }

    /** An append got no answer in time, though one may still come. */
    void failAppend(int follower) {
        streams.fail(follower, core);
    }

    void resume(int follower) {
        perform(core.resume(follower));
        afterwards();
    }

    /** A sync begins now and covers what is in the log now: what comes later waits for the next. */
    void syncBegins() {
        syncRequested = log.lastIndex();
    }

    /** The log may know that it is synced before the loop hears of it. */
    void syncEnds(boolean told) {
        long before = log.syncedIndex();
        log.syncUpTo(syncRequested);
        hold(before);
        if (told) {
            afterwards();
        }
    }

    // ---- what a shell does -----------------------------------------------------------------------------------------

    private void perform(Effects effects) {
        perform(effects, Parcel.ANY);
    }

    private void perform(Effects effects, long askerIncarnation) {
        HardState saved = effects.hardState();
        if (saved != null) {
            world.mayCrash(this);
            save(saved);
        }
        if (effects.admitted()) {
            world.mayCrash(this);
            admitted();
        }
        if (effects.appendNoOp() && !openTerm(effects)) {
            return;
        }
        Position installed = effects.install();
        if (installed != null) {
            install(installed);
        }
        Effects.LogChange change = effects.logChange();
        if (change != null && !change(change)) {
            core.logChangeFailed();
            tell(effects);
            return;
        }
        Effects.Joiner joiner = effects.appendAdmit();
        if (joiner != null && world.hasRoom(this)) {
            append(log.last().admit(core.term(), joiner.replica(), joiner.incarnation()));
            core.admitAppended(joiner.replica(), log.lastIndex());
        }
        if (effects.commitIndex() >= 0) {
            committed(effects.commitIndex());
        }
        tell(effects);
        world.mayCrash(this);
        send(effects, change == null, askerIncarnation);
    }

    private void save(HardState state) {
        hardState = settings.flaw() == Flaw.VOTE_NOT_PERSISTED ? new HardState(state.term(), HardState.NOBODY) : state;
        if (settings.flaw() != Flaw.OVERLAY_KEPT_ACROSS_TERMS) {
            store.termChanged();
        }
        overlay.clear();
    }

    private void admitted() {
        laws.admitted(this);
        member = true;
        hold(0);
    }

    private boolean openTerm(Effects effects) {
        laws.leads(this, core.term());
        // Without elections a replica that cannot open its term ends, and is started again.
        if (settings.elects() && !world.hasRoom(this)) {
            tell(effects);
            perform(core.noOpFailed());
            return false;
        }
        append(log.last().noOp(core.term()));
        return true;
    }

    private void append(SimEntry entry) {
        log.append(entry);
        apply(entry);
        appended = true;
    }

    private boolean change(Effects.LogChange change) {
        if (change.truncateFrom() > 0) {
            world.mayCrash(this);
            truncate(change.truncateFrom());
        }
        if (!world.hasRoom(this)) {
            return false;
        }
        world.mayCrash(this);
        SimLog.Batch entries = (SimLog.Batch) change.entries();
        for (int offset = change.skip(); offset < entries.count(); offset++) {
            append(entries.items().get(offset));
        }
        logAdvanced();
        return true;
    }

    /** The snapshot is durable before the log goes that it replaces. */
    private void install(Position position) {
        SimSnapshot snapshot = receiving.whole(position);
        world.mayCrash(this);
        log.save(snapshot);
        world.mayCrash(this);
        log.startAfterSnapshot();
        hold(0);
        syncRequested = Math.min(syncRequested, log.lastIndex());
        store.become(snapshot.image(), log.lastIndex());
        overlay.clear();
        commitBound = log.lastIndex();
        receiving.forget();
    }

    private void truncate(long index) {
        long before = log.syncedIndex();
        log.syncUpTo(log.lastIndex());
        hold(before);
        if (settings.flaw() == Flaw.TRUNCATION_IN_PLACE) {
            log.truncateInPlace(index);
        } else {
            log.truncateFrom(index);
        }
        // What was being synced of the removed tail says nothing of what takes its place.
        syncRequested = Math.min(syncRequested, index - 1);
        if (settings.flaw() != Flaw.UNDO_SKIPPED_AT_TRUNCATION) {
            store.undoFrom(index);
        }
        commitBound = Math.min(commitBound, log.lastIndex());
    }

    private void logAdvanced() {
        Position last = log.lastPosition();
        store.logAdvanced(last);
        overlay.dropUpTo(last);
    }

    private void committed(long index) {
        laws.committed(this, index, core.term());
        highestCommit = index;
        store.committed(index);
        commitBound = Math.min(index, log.syncedIndex());
    }

    private void apply(SimEntry entry) {
        if (entry.kind() == EntryKind.MUTATION) {
            store.apply(entry.term(), entry.index(), entry.payload());
        }
    }

    /** From the moment that it counts, what it has on stable storage counts. */
    private void hold(long above) {
        for (long index = log.syncedIndex(); !laws.isJoining(id) && index > above; index--) {
            log.get(index).heldBy(id);
        }
    }

    private void tell(Effects effects) {
        effects.events().forEach(event -> world.happened(this, event));
    }

    private void send(Effects effects, boolean nothingNew, long askerIncarnation) {
        effects.sendNow().forEach(message -> send(message, askerIncarnation));
        for (Effects.Delayed delayed : effects.sendAfterSync()) {
            boolean flawed = settings.flaw() == Flaw.ACKNOWLEDGED_BEFORE_SYNC
                    || (settings.flaw() == Flaw.RESENT_APPEND_ACKNOWLEDGED_UNSYNCED && nothingNew);
            if (flawed || delayed.syncedIndex() <= log.syncedIndex()) {
                send(delayed.message(), askerIncarnation);
            } else {
                waiting.add(new Waiting(delayed, askerIncarnation));
            }
        }
    }

    private void send(Message message, long askerIncarnation) {
        laws.says(this, message);
        boolean answer = message instanceof Message.AppendResponse
                || message instanceof InstallResponse
                || message instanceof Message.HeartbeatResponse
                || message instanceof Message.PreVoteResponse
                || message instanceof Message.VoteResponse;
        streams.sent(message);
        // An answer goes back on the connection that the question came by.
        long known = Math.max(log.last().incarnation(message.to()), laws.formedWith(message.to()));
        long to = answer ? askerIncarnation : known;
        if (message instanceof InstallRequest request) {
            SimSnapshot snapshot = log.snapshotAt(request.snapshot());
            // Else its file is gone by now: the stream fails, and goes on with the newest.
            if (snapshot != null) {
                world.send(new Parcel(id, incarnation, message.to(), to, new Parcel.Part(request, snapshot)));
            }
        } else {
            world.send(new Parcel(id, incarnation, message.to(), to, new Parcel.Core(message)));
        }
    }

    /** What the loop does after whatever it did: send what was appended, tell the core of syncs, hand over. */
    private void afterwards() {
        while (up && (appended || syncTold != log.syncedIndex())) {
            if (appended) {
                appended = false;
                perform(core.appended());
            }
            if (syncTold != log.syncedIndex()) {
                syncTold = log.syncedIndex();
                perform(core.synced());
            }
        }
        release();
        if (!isSyncing()) {
            syncBegins();
        }
        if (core.transferTarget() >= 0) {
            perform(core.handOver(writesWait));
        }
    }

    private void release() {
        for (int at = 0; at < waiting.size(); at++) {
            Waiting next = waiting.get(at);
            if (next.delayed().syncedIndex() <= log.syncedIndex()) {
                waiting.remove(at--);
                send(next.delayed().message(), next.toIncarnation());
            }
        }
    }
}
