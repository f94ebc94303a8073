package dev.quorate.cli;

import dev.quorate.log.DirectoryIdentity;
import dev.quorate.log.DirectoryScan;
import dev.quorate.log.DirectoryScan.ScannedRollback;
import dev.quorate.log.ScannedFile;
import dev.quorate.log.ScannedFile.Health;
import dev.quorate.log.ScannedSegment;
import dev.quorate.log.SnapshotFile;
import dev.quorate.protocol.HardState;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** What {@code inspect} says, for people. */
final class InspectText {
    private InspectText() {}

    static void write(DirectoryScan scan, boolean entries, PrintWriter out) {
        out.println(scan.directory());
        out.println("identity    " + scan.identity().map(InspectText::identity).orElse("none"));
        out.println(
                "hard state  " + scan.hardState().map(InspectText::hardState).orElse("none"));
        out.println("committed   "
                + (scan.commitBound().isPresent() ? scan.commitBound().getAsLong() + " or more" : "not known"));
        scan.recovery()
                .ifPresent(mode -> out.println("recover     the next start forms a new set, with election " + mode));
        for (SnapshotFile snapshot : scan.snapshots()) {
            out.println("snapshot    " + snapshot(snapshot));
        }
        writeLog(scan.segments(), out);
        for (ScannedRollback rollback : scan.rollbacks()) {
            out.println("rollback    " + rollback(rollback));
        }
        for (ScannedFile file : scan.files()) {
            if (file.health() != Health.OK && !file.note().isEmpty()) {
                out.println("file        " + VerifyCommand.line(file));
            }
        }
        if (entries) {
            out.println("entries");
            scan.forEachEntry((index, term, kind, payload) -> out.println("  " + index + "  term " + term + "  "
                    + InspectEntry.of(kind, payload).text()));
        }
    }

    private static String identity(DirectoryIdentity identity) {
        return String.format(
                "replica %d of %d of set %s, id %016x, election %s, %s, incarnation %016x",
                identity.replica(),
                identity.replicas(),
                identity.replicaSet(),
                identity.setId(),
                identity.election(),
                identity.stage().name().toLowerCase(Locale.ROOT),
                identity.incarnation());
    }

    private static String hardState(HardState state) {
        return "term " + state.term()
                + (state.votedFor() == HardState.NOBODY ? ", no vote" : ", voted for " + state.votedFor());
    }

    /** What a snapshot, or a backup, is of. */
    static String snapshot(SnapshotFile snapshot) {
        return snapshot.path().getFileName() + "  the state at entry " + snapshot.index() + ", in term "
                + snapshot.header().position().term() + ", begun at "
                + Instant.ofEpochMilli(snapshot.header().writtenAtMs()) + ", "
                + Bytes.text(snapshot.sizeBytes());
    }

    private static void writeLog(List<ScannedSegment> segments, PrintWriter out) {
        if (segments.isEmpty()) {
            out.println("log         none");
            return;
        }
        long bytes = segments.stream().mapToLong(ScannedSegment::sizeBytes).sum();
        ScannedSegment last = segments.get(segments.size() - 1);
        out.println("log         entries " + segments.get(0).firstIndex() + ".." + last.lastIndex() + ", "
                + segments.size() + (segments.size() == 1 ? " segment, " : " segments, ") + Bytes.text(bytes));
        for (ScannedSegment segment : segments) {
            out.println("  " + segment.name() + "  " + segment(segment));
        }
    }

    private static String segment(ScannedSegment segment) {
        String held = segment.entries() == 0
                ? "no entry"
                : "entries " + segment.firstIndex() + ".." + segment.lastIndex() + " of "
                        + (segment.firstTerm() == segment.lastTerm()
                                ? "term " + segment.lastTerm()
                                : "terms " + segment.firstTerm() + ".." + segment.lastTerm());
        String removed = segment.removedUpTo() > 0 ? ", up to " + segment.removedUpTo() + " taken back" : "";
        return held + removed + ", " + segment.frames() + (segment.frames() == 1 ? " frame, " : " frames, ")
                + Bytes.text(segment.usedBytes()) + " of " + Bytes.text(segment.sizeBytes());
    }

    private static String rollback(ScannedRollback rollback) {
        return rollback.name() + "  entries " + rollback.saved().records().firstIndex() + ".."
                + rollback.saved().records().lastIndex() + ", removed in term "
                + rollback.saved().deposedInTerm()
                + (rollback.saved().savedAtMs() > 0
                        ? " at " + Instant.ofEpochMilli(rollback.saved().savedAtMs())
                        : "")
                + ", " + fate(rollback);
    }

    /** What became of the entries, in words. */
    static String fate(ScannedRollback rollback) {
        long from = rollback.saved().discardedFrom();
        long first = rollback.saved().records().firstIndex();
        if (!rollback.saved().isSettled()) {
            return "not settled";
        }
        return from == first
                ? "discarded"
                : from > rollback.saved().records().lastIndex() ? "restored" : "discarded from " + from;
    }
}
