package dev.quorate.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a step of the core asks of its shell, to be done in this order: save and sync the hard state, change the log
 * (or put a snapshot in its place), take note of the commit index, send. Two outboxes (etcd/raft): what may leave at once, and what only after the log is
 * synced up to an index; {@link #add} decides, so that durable before reply is structure, not care.
 */
public final class Effects {
    private final List<Message> now = new ArrayList<>(2);
    private final List<Delayed> afterSync = new ArrayList<>(1);
    private final List<CoreEvent> events = new ArrayList<>(2);
    private @Nullable HardState hardState;
    private @Nullable LogChange logChange;
    private @Nullable Position installed;
    private boolean receives;
    private boolean noOp;
    private boolean admitted;
    private @Nullable Joiner joiner;
    private long commitIndex = -1;

    Effects() {}

    /**
     * A message that waits.
     *
     * @param message the message
     * @param syncedIndex leaves when the log is synced up to here
     */
    public record Delayed(Message message, long syncedIndex) {}

    /**
     * A change of a follower's log.
     *
     * @param truncateFrom entries from here on are removed first; 0 for none
     * @param entries where the new entries are
     * @param skip how many of {@code entries} the log has already
     */
    public record LogChange(long truncateFrom, EntryBatch entries, int skip) {}

    /**
     * A replica that asks to join.
     *
     * @param replica its id
     * @param incarnation that of its new directory
     */
    public record Joiner(int replica, long incarnation) {}

    /** What must be durable before anything else of this step is done, or null. */
    public @Nullable HardState hardState() {
        return hardState;
    }

    /** What a follower's log takes, or null. */
    public @Nullable LogChange logChange() {
        return logChange;
    }

    /** The snapshot, received whole, that takes the place of log and store, or null. */
    public @Nullable Position install() {
        return installed;
    }

    /**
     * Whether the shell is to keep the bytes that came with this step's {@link Message.InstallRequest}; then it tells
     * {@link ReplicaCore#snapshotPartReceived} or {@link ReplicaCore#snapshotReceived}, which answer.
     */
    public boolean receivesSnapshot() {
        return receives;
    }

    /** Whether the shell is to append the no-op that opens this leader's term. */
    public boolean appendNoOp() {
        return noOp;
    }

    /** Whose admit entry the shell is to append, telling {@link ReplicaCore#admitAppended}; null for nobody's. */
    public @Nullable Joiner appendAdmit() {
        return joiner;
    }

    /** Whether the shell is to store, before it sends anything, that this replica is no longer joining. */
    public boolean admitted() {
        return admitted;
    }

    /** The commit index, or -1 where it did not move. */
    public long commitIndex() {
        return commitIndex;
    }

    /** Messages that may leave once the hard state is durable. */
    public List<Message> sendNow() {
        return Collections.unmodifiableList(now);
    }

    /** Messages that may leave once the log is synced as far as each says. */
    public List<Delayed> sendAfterSync() {
        return Collections.unmodifiableList(afterSync);
    }

    /** What happened. */
    public List<CoreEvent> events() {
        return Collections.unmodifiableList(events);
    }

    /**
     * The single exit of messages. An answer that promises entries waits for the sync of exactly what it promises; a vote
     * promises the hard state of this step, all others no more than its term.
     */
    void add(Message message, HardState durable) {
        Invariants.check(message.term() <= durable.term(), "%s is beyond the durable term %s", message, durable);
        if (message instanceof Message.VoteResponse vote && vote.granted()) {
            HardState promised = new HardState(vote.term(), vote.to());
            Invariants.check(durable.equals(promised), "%s without a durable vote: %s", vote, durable);
        }
        if (message instanceof Message.AppendResponse response && response.accepted()) {
            afterSync.add(new Delayed(message, response.matchIndex()));
        } else if (message instanceof Message.InstallResponse response && response.matchIndex() > 0) {
            afterSync.add(new Delayed(message, response.matchIndex()));
        } else {
            now.add(message);
        }
    }

    void add(CoreEvent event) {
        events.add(event);
    }

    void save(HardState state) {
        hardState = state;
    }

    void change(LogChange change) {
        logChange = change;
    }

    void install(Position snapshot) {
        installed = snapshot;
    }

    void receiveSnapshot() {
        receives = true;
    }

    void openTerm() {
        noOp = true;
    }

    void admit(int replica, long incarnation) {
        joiner = new Joiner(replica, incarnation);
    }

    void becomeMember() {
        admitted = true;
    }

    void commit(long index) {
        commitIndex = index;
    }
}
