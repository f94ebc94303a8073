package dev.quorate.log;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a log, read and changed in nothing, judged by the rules of {@link Recovery}: which entries count, and
 * whether what breaks the chain is a torn tail or damage. Where recovery ends at the first damage, this looks on, so that
 * each file gets its word.
 */
final class LogScan {
    private final List<SegmentScan> segments;
    private final Map<String, ScannedFile> verdicts = new LinkedHashMap<>();
    private final long snapshotIndex;
    private TermStarts terms = new TermStarts();
    private long firstIndex = 1;
    private long lastIndex;
    private int chain;
    private int accepted;

    /**
     * Judges.
     *
     * @param found all segment files, by sequence
     * @param newest what {@code newest} says
     * @param commitBound what {@code commit-bound} says; 0 for nothing
     * @param snapshot the newest that is whole; null for none
     */
    LogScan(List<SegmentScan> found, OptionalLong newest, long commitBound, @Nullable SnapshotHeader snapshot) {
        this.snapshotIndex = snapshot == null ? 0 : snapshot.position().index();
        this.segments = new ArrayList<>(found);
        found.forEach(segment -> say(ScannedFile.ok(segment.name(), segment.sizeBytes(), "")));
        leaveOutUnborn(newest);
        judgeNewest(newest);
        leaveOutReplaced();
        leaveOutTakenBack();
        begin(snapshot);
        while (accepted < segments.size() && accepts(segments.get(accepted))) {
            SegmentScan segment = segments.get(accepted++);
            long before = firstIndex(segment) - 1;
            terms.truncateFrom(before + 1);
            segment.forEach(Long.MAX_VALUE, (index, term, kind, payload) -> terms.added(index, term));
            lastIndex = segment.lastIndex();
            chain = segment.chain();
            if (segment.damagedAt() >= 0) {
                break;
            }
        }
        judgeBreak(commitBound);
        judgeRest();
    }

    private void say(ScannedFile verdict) {
        verdicts.put(verdict.name(), verdict);
    }

    private static long firstIndex(SegmentScan segment) {
        return segment.header() == null ? 0 : segment.header().firstIndex();
    }

    private void leaveOutUnborn(OptionalLong newest) {
        while (!segments.isEmpty()) {
            SegmentScan last = segments.get(segments.size() - 1);
            boolean noted = newest.isPresent() && last.name().equals(Segment.name(newest.getAsLong()));
            if (last.header() != null || noted) {
                return;
            }
            say(ScannedFile.torn(
                    last.name(), last.sizeBytes(), 0, "its header was never written: no entry was either"));
            segments.remove(last);
        }
    }

    /** A snapshot took the place of the log, and a crash came before what it replaced was removed. */
    private void leaveOutReplaced() {
        int fresh = segments.size() - 1;
        while (fresh > 0 && !isFresh(segments.get(fresh))) {
            fresh--;
        }
        for (int i = 0; i < fresh; i++) {
            SegmentScan replaced = segments.remove(0);
            say(ScannedFile.torn(replaced.name(), replaced.sizeBytes(), 0, "a snapshot took its place"));
        }
    }

    private static boolean isFresh(SegmentScan segment) {
        return segment.header() != null && segment.header().fresh();
    }

    /** The first segments of which no entry counts any more: see {@link Recovery}. */
    private void leaveOutTakenBack() {
        while (!segments.isEmpty() && isTakenBack(segments.get(0))) {
            SegmentScan takenBack = segments.remove(0);
            say(ScannedFile.ok(takenBack.name(), takenBack.sizeBytes(), "all its entries were taken back"));
        }
    }

    private boolean isTakenBack(SegmentScan first) {
        return first.header() != null
                && segments.stream()
                        .skip(1)
                        .anyMatch(later -> later.header() != null && firstIndex(later) <= firstIndex(first));
    }

    /** Where the log begins: with entry 1, or behind what the snapshot holds. */
    private void begin(@Nullable SnapshotHeader snapshot) {
        SegmentFormat.@Nullable Header first =
                segments.isEmpty() ? null : segments.get(0).header();
        if (first == null) {
            firstIndex = segments.isEmpty() ? snapshotIndex + 1 : 1;
        } else if (snapshotIndex >= first.firstIndex() - 1) {
            firstIndex = first.firstIndex();
            chain = first.previousChain();
        }
        if (snapshot != null && firstIndex > 1) {
            terms = TermStarts.below(firstIndex, snapshot.termStarts());
        }
        lastIndex = firstIndex - 1;
    }

    private boolean accepts(SegmentScan segment) {
        SegmentFormat.@Nullable Header header = segment.header();
        return header != null
                && !isUnreadable(segment)
                && header.previousChain() == chain
                && header.firstIndex() >= firstIndex
                && header.firstIndex() <= lastIndex + 1
                && header.previousTerm() == (header.firstIndex() == 1 ? 0 : terms.termAt(header.firstIndex() - 1));
    }

    private static boolean isUnreadable(SegmentScan segment) {
        return segment.header() == null || segment.version() != SegmentFormat.VERSION || !segment.isWhole();
    }

    private void judgeBreak(long commitBound) {
        if (segments.isEmpty()) {
            return;
        }
        if (accepted == 0) {
            SegmentScan first = segments.get(0);
            String note = firstIndex(first) > 1
                    ? "it begins with entry " + firstIndex(first) + ", and no snapshot has those before"
                    : "the log does not begin there";
            say(ScannedFile.damaged(first.name(), first.sizeBytes(), 0, note));
            return;
        }
        SegmentScan at = segments.get(accepted - 1);
        if (at.damagedAt() >= 0) {
            say(ScannedFile.damaged(at.name(), at.sizeBytes(), at.damagedAt(), at.damage()));
            return;
        }
        if (accepted < segments.size() && isUnreadable(segments.get(accepted)) && at.usedBehind(at.end()) == 0) {
            return; // the damage is in the next one
        }
        FramesBehind frames = at.behind(at.end());
        boolean tookBack = false;
        for (SegmentScan behind : segments.subList(accepted, segments.size())) {
            frames = frames.and(behind.behind(SegmentFormat.HEADER_BYTES));
            tookBack |= behind.header() != null && firstIndex(behind) <= lastIndex;
        }
        if (frames.proveLoss(lastIndex, snapshotIndex) || tookBack) {
            damagedAtEnd(at, "entry " + (lastIndex + 1) + " was synced, and is not whole any more");
        } else if (commitBound > Math.max(lastIndex, snapshotIndex)) {
            damagedAtEnd(at, "the log ends at " + lastIndex + ", but " + commitBound + " was committed");
        } else if (at.usedBehind(at.end()) > 0) {
            String note = at.usedBehind(at.end()) + " bytes behind entry " + lastIndex + " were never synced";
            say(ScannedFile.torn(at.name(), at.sizeBytes(), at.end(), note));
        }
    }

    private void damagedAtEnd(SegmentScan segment, String note) {
        say(ScannedFile.damaged(segment.name(), segment.sizeBytes(), segment.end(), note));
    }

    /** What stands behind the break is no part of the log any more; of its own bytes it can still be told. */
    private void judgeRest() {
        for (SegmentScan segment : segments.subList(accepted, segments.size())) {
            String name = segment.name();
            if (segment.header() == null) {
                say(ScannedFile.damaged(name, segment.sizeBytes(), 0, "its header is damaged"));
            } else if (segment.version() != SegmentFormat.VERSION) {
                String note = "of format version " + segment.version() + ", which this program does not know";
                say(ScannedFile.damaged(name, segment.sizeBytes(), 0, note));
            } else if (!segment.isWhole()) {
                say(ScannedFile.damaged(name, segment.sizeBytes(), segment.sizeBytes(), "it is not as long as it was"));
            } else if (!isDamaged(name)) {
                say(ScannedFile.torn(name, segment.sizeBytes(), 0, "it does not go on where the log ends"));
            }
        }
    }

    private boolean isDamaged(String name) {
        ScannedFile verdict = verdicts.get(name);
        return verdict != null && verdict.isDamaged();
    }

    private void judgeNewest(OptionalLong newest) {
        if (newest.isEmpty()) {
            return;
        }
        String named = Segment.name(newest.getAsLong());
        // One that a snapshot let go, and the note of those behind it was lost.
        boolean dropped = !segments.isEmpty() && segments.get(0).name().compareTo(named) > 0;
        if (!dropped && !verdicts.containsKey(named)) {
            say(ScannedFile.damaged(named, 0, 0, "it is missing, and is the newest segment"));
        }
    }

    /** One verdict a segment file, missing ones among them. */
    List<ScannedFile> verdicts() {
        return List.copyOf(verdicts.values());
    }

    /** Index of the first entry it holds, or would. */
    long firstIndex() {
        return firstIndex;
    }

    /** Index of the last entry that counts, or of the last that the snapshot holds where the log begins behind it. */
    long lastIndex() {
        return lastIndex;
    }

    /** Whether a file belongs to the chain, and up to which index its entries count. */
    private long countsUpTo(int segment) {
        long last = segments.get(segment).lastIndex();
        for (SegmentScan later : segments.subList(segment + 1, accepted)) {
            last = Math.min(last, firstIndex(later) - 1);
        }
        return last;
    }

    /** The segments of the unbroken chain, by sequence. */
    List<ScannedSegment> segments() {
        List<ScannedSegment> all = new ArrayList<>();
        for (int i = 0; i < accepted; i++) {
            SegmentScan scan = segments.get(i);
            SegmentFormat.Header header = scan.header();
            if (header != null) {
                long counts = countsUpTo(i);
                all.add(new ScannedSegment(
                        scan.name(),
                        scan.sizeBytes(),
                        scan.end(),
                        header.sequence(),
                        header.firstIndex(),
                        counts,
                        scan.lastIndex() > counts ? scan.lastIndex() : 0,
                        scan.frames(),
                        scan.firstTerm(),
                        counts == 0 ? 0 : terms.termAt(counts)));
            }
        }
        return all;
    }

    /** Hands over every entry that counts, in order. */
    void forEach(EntryVisitor visitor) {
        for (int i = 0; i < accepted; i++) {
            segments.get(i).forEach(countsUpTo(i), visitor);
        }
    }

    /** Whether a file is a segment, by its name. */
    static boolean isSegment(Path file) {
        return String.valueOf(file.getFileName()).startsWith("wal-");
    }
}
