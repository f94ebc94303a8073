package dev.quorate.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * One core over a log of terms. Does what the core asks as a shell would, and leaves what it sends to the test, which
 * plays all other replicas. A log change is synced only by {@link #sync}.
 */
final class LoneReplica {
    static final int ELECTION_TICKS = 10;

    private final int self;
    private final int replicas;
    private final Log log;
    private final ReplicaCore core;
    private HardState saved;

    /** With a log of entries of these terms, all synced, and the last one's term as its own. */
    LoneReplica(int self, int replicas, long... terms) {
        this(
                self,
                replicas,
                1,
                new HardState(terms.length == 0 ? 0 : terms[terms.length - 1], HardState.NOBODY),
                terms);
    }

    LoneReplica(int self, int replicas, long seed, HardState hardState, long... terms) {
        this(self, replicas, seed, hardState, true, terms);
    }

    /** Replica 0, whose directory was recovered: it does not count yet. */
    static LoneReplica recovered(int replicas, long... terms) {
        return new LoneReplica(0, replicas, 1, new HardState(1_001, HardState.NOBODY), false, terms);
    }

    private LoneReplica(int self, int replicas, long seed, HardState hardState, boolean member, long... terms) {
        this.self = self;
        this.replicas = replicas;
        this.saved = hardState;
        this.log = new Log(terms);
        CoreOptions options = new CoreOptions(self, replicas, CoreOptions.Election.AUTO, 1, ELECTION_TICKS, 1_000);
        this.core = new ReplicaCore(options, new SplittableRandom(seed), hardState, member, 0, log);
    }

    /** What a process that starts over the same directory finds. */
    LoneReplica restarted() {
        return new LoneReplica(self, replicas, 2, saved, terms());
    }

    /** Terms of a run of entries; each entry is a byte. */
    record Batch(long firstIndex, List<Long> terms) implements EntryBatch {
        @Override
        public int count() {
            return terms.size();
        }

        @Override
        public long term(int offset) {
            return terms.get(offset);
        }

        @Override
        public int sizeBytes() {
            return terms.size();
        }
    }

    private static final class Log implements LogView {
        private final List<Long> terms = new ArrayList<>(List.of(0L));
        private long synced;

        Log(long... terms) {
            LongStream.of(terms).forEach(this.terms::add);
            synced = lastIndex();
        }

        @Override
        public long firstIndex() {
            return 1;
        }

        @Override
        public Position snapshot() {
            return Position.NONE;
        }

        @Override
        public long lastIndex() {
            return terms.size() - 1L;
        }

        @Override
        public long syncedIndex() {
            return synced;
        }

        @Override
        public long termAt(long index) {
            return index > lastIndex() ? -1 : terms.get((int) index);
        }

        @Override
        public long firstIndexOfTermAt(long index) {
            return terms.indexOf(termAt(index));
        }

        @Override
        public Batch batch(long fromIndex, int maxBytes) {
            long end = Math.min(terms.size(), fromIndex + maxBytes);
            return new Batch(fromIndex, List.copyOf(terms.subList((int) fromIndex, (int) end)));
        }

        void change(Effects.LogChange change) {
            if (change.truncateFrom() > 0) {
                terms.subList((int) change.truncateFrom(), terms.size()).clear();
                synced = Math.min(synced, lastIndex());
            }
            for (int at = change.skip(); at < change.entries().count(); at++) {
                assertEquals(terms.size(), change.entries().firstIndex() + at, "no gap, and nothing twice");
                terms.add(change.entries().term(at));
            }
        }
    }

    // ---- what it is ------------------------------------------------------------------------------------------------

    ReplicaCore core() {
        return core;
    }

    /** What it has on stable storage beside its log. */
    HardState saved() {
        return saved;
    }

    long[] terms() {
        return log.terms.stream().skip(1).mapToLong(term -> term).toArray();
    }

    // ---- what happens to it ----------------------------------------------------------------------------------------

    /** Does what the core asked for, and returns all messages, those that wait for a sync too. */
    List<Message> perform(Effects effects) {
        HardState state = effects.hardState();
        if (state != null) {
            saved = state;
        }
        Effects.LogChange change = effects.logChange();
        if (change != null) {
            log.change(change);
        }
        List<Message> sent = new ArrayList<>(effects.sendNow());
        effects.sendAfterSync().forEach(delayed -> sent.add(delayed.message()));
        if (effects.appendNoOp()) {
            sent.addAll(append());
        }
        return sent;
    }

    List<Message> step(Message message) {
        return perform(core.step(message));
    }

    List<Message> tick(int ticks) {
        List<Message> sent = new ArrayList<>();
        for (int i = 0; i < ticks; i++) {
            sent.addAll(perform(core.tick(1)));
        }
        return sent;
    }

    /** A leader appends an entry. */
    List<Message> append() {
        log.terms.add(core.term());
        return perform(core.appended());
    }

    void sync() {
        log.synced = log.lastIndex();
        perform(core.synced());
    }

    /** Ticks until it is no follower any more. */
    int ticksUntilItStands() {
        int ticks = 0;
        while (core.role() == Role.FOLLOWER) {
            perform(core.tick(1));
            ticks++;
        }
        return ticks;
    }

    /** Stands and has the promises it needs; returns what it sends as a candidate. */
    List<Message> becomesCandidate() {
        List<Message> sent = perform(core.stand(Reason.ELECTION_TIMEOUT));
        for (int other = 0; other < replicas && core.role() == Role.PRE_CANDIDATE; other++) {
            if (other != self) {
                sent = step(new PreVoteResponse(other, self, core.term(), core.term() + 1, true));
            }
        }
        assertEquals(Role.CANDIDATE, core.role());
        return sent;
    }

    /** Is elected, and returns what it sends as a leader. */
    List<Message> becomesLeader() {
        List<Message> sent = becomesCandidate();
        for (int other = 0; other < replicas && core.role() == Role.CANDIDATE; other++) {
            if (other != self) {
                sent = step(vote(other, true));
            }
        }
        assertEquals(Role.LEADER, core.role());
        return sent;
    }

    // ---- what others say to it -------------------------------------------------------------------------------------

    VoteResponse vote(int from, boolean granted) {
        return new VoteResponse(from, self, core.term(), granted);
    }

    VoteRequest asksForVote(int from, long term, Position last) {
        return new VoteRequest(from, self, term, last, false);
    }

    Heartbeat heartbeat(int from, long term) {
        return new Heartbeat(from, self, term, 1, 0, 0, 0);
    }

    HeartbeatResponse confirms(int from, long round) {
        return new HeartbeatResponse(from, self, core.term(), round, 0, Long.MAX_VALUE, true);
    }

    AppendRequest entries(int from, long term, Position previous, long commitIndex, Long... terms) {
        return new AppendRequest(
                from, self, term, 1, previous, commitIndex, new Batch(previous.index() + 1, List.of(terms)));
    }

    AppendResponse accepts(AppendRequest request) {
        return new AppendResponse(
                request.to(),
                self,
                core.term(),
                request.sequence(),
                true,
                request.entries().lastIndex(),
                true);
    }

    AppendResponse refuses(AppendRequest request, long hint) {
        return new AppendResponse(request.to(), self, core.term(), request.sequence(), false, hint, true);
    }

    // ---- looking for something in what was sent --------------------------------------------------------------------

    static <T extends Message> List<T> all(Class<T> type, List<Message> sent) {
        return sent.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The one message of that type. */
    static <T extends Message> T one(Class<T> type, List<Message> sent) {
        List<T> found = all(type, sent);
        assertEquals(1, found.size(), () -> type.getSimpleName() + " in " + sent);
        return found.get(0);
    }

    /** The one append to that replica. */
    static AppendRequest appendTo(int replica, List<Message> sent) {
        Stream<AppendRequest> found =
                all(AppendRequest.class, sent).stream().filter(request -> request.to() == replica);
        return one(AppendRequest.class, List.copyOf(found.toList()));
    }
}
