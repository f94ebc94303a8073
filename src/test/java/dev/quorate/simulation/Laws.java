package dev.quorate.simulation;

import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.store.KeyRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What protocol.md §9 says must hold, seen from above: it knows all replicas, and what was true before. */
final class Laws {
    private final SimSettings settings;
    private final Map<Long, Integer> leaders = new HashMap<>();
    private long newestTerm;
    private int joining;
    private @Nullable SimReplica around;
    private long incarnationAround;
    private List<SimReplica> all = List.of();

    // The one history: by index, and in which term it was first seen to be committed.
    private final List<SimEntry> committed = new ArrayList<>();
    private final List<Long> committedIn = new ArrayList<>();

    Laws(SimSettings settings, SimEntry root) {
        this.settings = settings;
        committed.add(root);
        committedIn.add(0L);
    }

    long newestTerm() {
        return newestTerm;
    }

    /** The last index that some replica takes for committed. */
    long lastCommitted() {
        return committed.size() - 1L;
    }

    boolean isCommitted(SimEntry entry) {
        return entry.index() < committed.size() && committed.get((int) entry.index()) == entry;
    }

    // ---- elections -------------------------------------------------------------------------------------------------

    /** Election safety and leader completeness (Raft Figure 3). */
    void leads(SimReplica replica, long term) {
        Integer other = leaders.putIfAbsent(term, replica.id());
        if (other != null) {
            throw new SafetyViolation("two leaders in term " + term + ": " + other + " and " + replica.id());
        }
        newestTerm = Math.max(newestTerm, term);
        counts(replica, "leads");
        int index = committed.size() - 1;
        while (committedIn.get(index) >= term) {
            index--;
        }
        SimEntry entry = committed.get(index);
        if (replica.log().lastIndex() < index || replica.log().get(index) != entry) {
            throw new SafetyViolation(
                    "replica " + replica.id() + " leads term " + term + " without the committed " + entry);
        }
    }

    void wiped(int replica) {
        joining |= 1 << replica;
    }

    /** Whether it lost its directory and was not admitted since, whatever it believes itself. */
    boolean isJoining(int replica) {
        return (joining & (1 << replica)) != 0;
    }

    int joining() {
        return Integer.bitCount(joining);
    }

    /** Who joins has no vote and stands for nothing (protocol.md §6). */
    void says(SimReplica replica, Message message) {
        boolean vote = (message instanceof VoteResponse answer && answer.granted())
                || (message instanceof PreVoteResponse early && early.granted());
        if (vote) {
            counts(replica, "votes");
        }
    }

    private void counts(SimReplica replica, String does) {
        if (isJoining(replica.id())) {
            throw new SafetyViolation("replica " + replica.id() + " is joining and " + does);
        }
    }

    /** The incarnation of a replica that the set was formed with: all others learn it before they join. */
    long formedWith(int replica) {
        return around != null && around.id() == replica ? incarnationAround : 1;
    }

    /** Not by its own log, nor by others that join: ⌈N/2⌉ others that count hold the entry which admits it. */
    void admitted(SimReplica replica) {
        if (replica == around) {
            forms(replica);
            return;
        }
        if (isForming() && !Objects.requireNonNull(around).isMember()) {
            throw new SafetyViolation("replica " + replica.id() + " counts before the one that was recovered");
        }
        SimEntry entry = replica.log().last();
        int others = 0;
        int needed = isForming() ? 1 : (settings.replicas() + 1) / 2;
        while (entry != null && others < needed) {
            boolean names = entry.kind() == EntryKind.ADMIT && entry.incarnation(replica.id()) == replica.incarnation();
            others = names ? Integer.bitCount(entry.holders() & ~(1 << replica.id())) : 0;
            entry = entry.previous();
        }
        if (others < needed) {
            throw new SafetyViolation("replica " + replica.id() + " was admitted without enough others");
        }
        joining &= ~(1 << replica.id());
    }

    /** A new set is to be formed around one log: of what was committed it has a beginning, and all others have nothing. */
    void recovered(SimReplica kept, List<SimReplica> replicas) {
        int common = committed.size() - 1;
        while (common > kept.log().lastIndex() || kept.log().get(common) != committed.get(common)) {
            common--;
        }
        committed.subList(common + 1, committed.size()).clear();
        committedIn.subList(common + 1, committedIn.size()).clear();
        joining &= ~(1 << kept.id());
        around = kept;
        incarnationAround = kept.incarnation();
        all = replicas;
    }

    /** Whether a set is being formed around the log of a replica that was recovered. */
    boolean isForming() {
        return around != null && joining != 0;
    }

    /** The recovered replica counts once all others have on their disks what admits them. */
    private void forms(SimReplica recovered) {
        for (SimReplica other : all) {
            boolean holds = other == recovered;
            SimLog log = other.log();
            for (long index = log.syncedIndex(); !holds && index > 0; index--) {
                SimEntry entry = log.get(index);
                holds = entry.kind() == EntryKind.ADMIT
                        && entry.incarnation(other.id()) == other.incarnation()
                        && recovered.log().get(index) == entry;
            }
            if (!holds) {
                throw new SafetyViolation("replica " + recovered.id() + " counts, and replica " + other.id()
                        + " does not hold what admits it");
            }
        }
    }

    // ---- commit ----------------------------------------------------------------------------------------------------

    /** A replica takes all up to an index for committed. */
    void committed(SimReplica replica, long index, long term) {
        if (index > replica.log().lastIndex()) {
            throw new SafetyViolation("replica " + replica.id() + " committed " + index + ", which it does not have");
        }
        SimEntry entry = replica.log().get(index);
        if (index < committed.size()) {
            if (committed.get((int) index) != entry) {
                throw new SafetyViolation(
                        "replica " + replica.id() + " committed " + entry + ", another " + committed.get((int) index));
            }
            return;
        }
        int needed = settings.elects() ? settings.majority() : 1;
        if (Integer.bitCount(entry.holders()) < needed) {
            throw new SafetyViolation(entry + " was committed with " + Integer.bitCount(entry.holders()) + " holders");
        }
        if (entry.term() != term) {
            throw new SafetyViolation(entry + " was committed by counting in term " + term);
        }
        List<SimEntry> added = new ArrayList<>();
        for (SimEntry at = entry; at != null && at.index() >= committed.size(); at = at.previous()) {
            added.add(0, at);
        }
        SimEntry joint = added.get(0).previous();
        if (joint != committed.get(committed.size() - 1)) {
            throw new SafetyViolation("replica " + replica.id() + " committed " + entry + ", which lacks the committed "
                    + committed.get(committed.size() - 1));
        }
        added.forEach(at -> {
            committed.add(at);
            committedIn.add(term);
        });
    }

    // ---- state -----------------------------------------------------------------------------------------------------

    /** Newest, committed and local state are exactly what the log says, whatever was undone on the way. */
    void state(SimReplica replica) {
        long commit = replica.core().commitIndex();
        if (commit < replica.highestCommit()) {
            throw new SafetyViolation("the commit index of replica " + replica.id() + " went back to " + commit);
        }
        SimEntry last = replica.log().last();
        SimEntry bound = replica.log().get(commit);
        for (int key = 0; key < SimEntry.KEYS; key++) {
            String name = SimEntry.name(key);
            KeyRecord newest = replica.store().get(name);
            KeyRecord old = replica.store().getCommitted(name, commit);
            agrees(replica, "newest", newest, last.newest(key));
            agrees(replica, "committed", old, bound.newest(key));
            Parcel.Repair patch = replica.overlay(key);
            KeyRecord local = replica.store().getLocal(name);
            if (!Objects.equals(local, patch == null ? newest : patch.record())) {
                throw new SafetyViolation(
                        "replica " + replica.id() + " shows a local read what no repair gave it: " + local);
            }
        }
    }

    private static void agrees(
            SimReplica replica, String level, @Nullable KeyRecord record, @Nullable SimEntry expected) {
        String value = record == null ? null : text(record);
        String wanted = expected == null ? null : expected.value();
        boolean sameVersion =
                record == null || (expected != null && record.version().equals(expected.position()));
        if (!Objects.equals(value, wanted) || !sameVersion) {
            throw new SafetyViolation("replica " + replica.id() + ": its " + level + " state has " + value
                    + ", but its log says " + expected);
        }
    }

    static String text(KeyRecord record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }
}
