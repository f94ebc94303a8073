package dev.quorate.log;

import dev.quorate.protocol.EntryKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log through and accepts an unbroken chain only (protocol.md §8). What breaks it above every index that a valid
 * frame names as synced is a torn tail and is cut off; at or below one it is corruption.
 */
final class Recovery {
    private static final int FIRST_SEGMENT_BYTES = 1 << 20;

    private final DataDirectory directory;
    private final long startNanos = System.nanoTime();
    private final List<Segment> segments = new ArrayList<>();
    private final @Nullable SnapshotHeader snapshot;
    private TermStarts terms = new TermStarts();
    private final CRC32C crc = new CRC32C();
    private long firstIndex = 1;
    private long lastIndex;
    private int chain;
    private long bytes;
    private long bytesBehindSnapshot;
    private long tornBytes;
    private @Nullable Path tornFile;

    private Recovery(DataDirectory directory, @Nullable SnapshotHeader snapshot) {
        this.directory = directory;
        this.snapshot = snapshot;
    }

    /** @param snapshot what the state is read from before the log; null for nothing */
    static Recovery run(DataDirectory directory, int segmentSizeBytes, @Nullable SnapshotHeader snapshot)
            throws IOException {
        Recovery recovery = new Recovery(directory, snapshot);
        recovery.removeLeftovers();
        List<Segment> found = new ArrayList<>();
        try {
            recovery.readSegments(found, segmentSizeBytes);
        } catch (IOException e) {
            for (Segment segment : found) {
                segment.close();
            }
            throw e;
        }
        return recovery;
    }

    List<Segment> segments() {
        return segments;
    }

    TermStarts terms() {
        return terms;
    }

    int chain() {
        return chain;
    }

    long firstIndex() {
        return firstIndex;
    }

    long lastIndex() {
        return lastIndex;
    }

    /** Bytes of the records that the snapshot does not cover. */
    long bytesBehindSnapshot() {
        return bytesBehindSnapshot;
    }

    private long snapshotIndex() {
        return snapshot == null ? 0 : snapshot.position().index();
    }

    RecoveryReport report() {
        return new RecoveryReport(
                lastIndex - firstIndex + 1, bytes, (System.nanoTime() - startNanos) / 1_000_000, tornBytes, tornFile);
    }

    private void removeLeftovers() throws IOException {
        for (Path file : list("prepared-")) {
            Files.delete(file);
        }
    }

    private List<Path> list(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory.path())) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }

    private void readSegments(List<Segment> found, int segmentSizeBytes) throws IOException {
        for (Path file : list("wal-")) {
            found.add(Segment.open(file));
        }
        dropUnbornNewest(found);
        checkNewest(found);
        dropReplaced(found);
        dropTakenBack(found);
        beginWith(found);
        int at = 0;
        while (at < found.size() && accepts(found.get(at))) {
            Segment segment = found.get(at);
            begin(segment);
            readFrames(segment);
            at++;
        }
        judgeBreak(found, at);
        checkCommitBound();
        // What a killed process wrote is read here, from the page cache, though no sync covered it: only now is it
        // durable.
        for (Segment segment : segments) {
            segment.force();
        }
        openTail(found, at, segmentSizeBytes);
        noteNewest();
    }

    /** A segment whose header never became durable was never written to: the roll did not end. */
    private void dropUnbornNewest(List<Segment> found) throws IOException {
        OptionalLong newest = directory.readNewestSegment();
        while (!found.isEmpty()) {
            Segment last = found.get(found.size() - 1);
            boolean noted = newest.isPresent() && last.file().endsWith(Segment.name(newest.getAsLong()));
            if (last.hasHeader() || noted) {
                return;
            }
            last.close();
            Files.delete(last.file());
            found.remove(last);
        }
    }

    private void checkNewest(List<Segment> found) throws IOException {
        OptionalLong newest = directory.readNewestSegment();
        if (newest.isEmpty()) {
            if (found.size() > 1) {
                throw new CorruptFileException(directory.path().resolve("newest"), "it is missing");
            }
            return;
        }
        Path named = directory.path().resolve(Segment.name(newest.getAsLong()));
        // One that a snapshot let go, and the note of those behind it was lost: the chain says whether they begin
        // rightly.
        boolean dropped = !found.isEmpty() && found.get(0).file().compareTo(named) > 0;
        if (!dropped && found.stream().noneMatch(segment -> segment.file().equals(named))) {
            throw new CorruptLogException(named, 0, "the newest segment is missing");
        }
    }

    /** A snapshot took the place of the log, and a crash came before what it replaced was removed. */
    private void dropReplaced(List<Segment> found) throws IOException {
        int fresh = found.size() - 1;
        while (fresh > 0 && !found.get(fresh).header().fresh()) {
            fresh--;
        }
        for (int i = 0; i < fresh; i++) {
            found.remove(0).delete();
        }
    }

    /**
     * The first segments of which no entry counts any more. What stood before them may have been taken back with them, and let
     * go since: then neither the snapshot nor the segments behind know what they followed.
     */
    private static void dropTakenBack(List<Segment> found) throws IOException {
        while (!found.isEmpty() && isTakenBack(found.get(0), found)) {
            found.remove(0).delete();
        }
    }

    /** All before a header that takes entries back was synced when it was written: it need not be read to be believed. */
    private static boolean isTakenBack(Segment first, List<Segment> found) {
        return first.hasHeader()
                && found.stream()
                        .skip(1)
                        .anyMatch(later -> later.hasHeader() && later.firstIndex() <= first.firstIndex());
    }

    /**
     * Where the log begins: with entry 1, or behind what the snapshot holds. The chain is taken as the first segment has it,
     * with entry 1 as well: what stood before may have been taken back, and let go since.
     */
    private void beginWith(List<Segment> found) throws IOException {
        if (found.isEmpty()) {
            firstIndex = snapshotIndex() + 1;
        } else {
            checkHeader(found.get(0));
            SegmentFormat.Header first = found.get(0).header();
            firstIndex = first.firstIndex();
            chain = first.previousChain();
        }
        if (firstIndex > 1) {
            if (snapshot == null || snapshot.position().index() < firstIndex - 1) {
                throw new CorruptLogException(
                        found.get(0).file(),
                        0,
                        "it begins with entry " + firstIndex + ", and no snapshot has those before");
            }
            terms = TermStarts.below(firstIndex, snapshot.termStarts());
        }
        lastIndex = firstIndex - 1;
    }

    private static void checkHeader(Segment segment) throws IOException {
        if (!segment.hasHeader()) {
            throw new CorruptLogException(segment.file(), 0, "its header is damaged");
        }
        if (SegmentFormat.version(segment.map()) != SegmentFormat.VERSION) {
            throw new IOException(segment.file() + " is of a format version that this program does not know");
        }
        if (!SegmentFormat.isWhole(segment.map())) {
            throw new CorruptLogException(segment.file(), segment.map().capacity(), "it is not as long as it was");
        }
    }

    /** Whether the segment goes on where the chain ends, or says that a tail before it no longer counts. */
    private boolean accepts(Segment segment) throws IOException {
        checkHeader(segment);
        SegmentFormat.Header header = segment.header();
        return header.previousChain() == chain
                && header.firstIndex() <= lastIndex + 1
                && header.firstIndex() >= firstIndex
                && header.previousTerm() == (header.firstIndex() == 1 ? 0 : terms.termAt(header.firstIndex() - 1));
    }

    private void begin(Segment segment) {
        long before = segment.firstIndex() - 1;
        segments.forEach(earlier -> earlier.keep(before));
        terms.truncateFrom(segment.firstIndex());
        lastIndex = before;
        segments.add(segment);
    }

    private void readFrames(Segment segment) throws IOException {
        ByteBuffer map = segment.map();
        while (true) {
            int at = segment.end();
            int end = SegmentFormat.frameEnd(crc, map, segment.view(), at);
            boolean continues = end >= 0
                    && SegmentFormat.framePreviousChain(map, at) == chain
                    && SegmentFormat.frameFirstIndex(map, at) == lastIndex + 1;
            if (!continues) {
                return;
            }
            readRecords(segment, at + SegmentFormat.FRAME_BYTES, end, SegmentFormat.frameCount(map, at));
            chain = SegmentFormat.frameChain(map, at);
            if (SegmentFormat.frameCount(map, at) == 0) {
                segment.markEndsAt(end);
            } else {
                segment.endAt(end);
            }
        }
    }

    private void readRecords(Segment segment, int from, int end, int count) throws IOException {
        ByteBuffer map = segment.map();
        int at = from;
        for (int i = 0; i < count; i++) {
            long term = map.getLong(at + RecordFormat.AT_TERM);
            boolean follows =
                    map.getLong(at + RecordFormat.AT_INDEX) == lastIndex + 1 && term >= terms.termAt(lastIndex);
            if (!follows) {
                throw new CorruptLogException(segment.file(), at, "a record does not follow the one before it");
            }
            try {
                EntryKind.of(map.get(at + RecordFormat.AT_KIND));
            } catch (IllegalArgumentException e) {
                throw new IOException(segment.file() + " at offset " + at + ": " + e.getMessage(), e);
            }
            lastIndex++;
            terms.added(lastIndex, term);
            segment.added(at);
            int size = RecordFormat.sizeAt(map, at);
            bytes += size;
            bytesBehindSnapshot += lastIndex > snapshotIndex() ? size : 0;
            at += size;
        }
        if (at != end) {
            throw new CorruptLogException(segment.file(), at, "a frame's records do not fill it");
        }
    }

    /** Everything behind the end of the chain is looked at: whether it is nothing, a torn tail, or corruption. */
    private void judgeBreak(List<Segment> found, int accepted) throws IOException {
        if (accepted == 0 && !found.isEmpty()) {
            throw new CorruptLogException(found.get(0).file(), 0, "the log does not begin there");
        }
        FramesBehind behind = FramesBehind.NONE;
        for (int i = Math.max(0, accepted - 1); i < found.size(); i++) {
            Segment segment = found.get(i);
            int from = i < accepted ? segment.end() : SegmentFormat.HEADER_BYTES;
            behind = behind.and(FramesBehind.read(crc, segment.map(), segment.view(), from));
            long garbage = usedBehind(segment, i < accepted ? from : 0);
            if (garbage > 0 && tornFile == null) {
                tornFile = segment.file();
            }
            tornBytes += garbage;
        }
        // A header that takes entries back was written after all before it was synced, so the chain would reach it.
        boolean tookBack = found.stream().skip(accepted).anyMatch(segment -> segment.firstIndex() <= lastIndex);
        if (behind.proveLoss(lastIndex, snapshotIndex()) || tookBack) {
            Segment at = found.get(Math.max(0, accepted - 1));
            throw new CorruptLogException(
                    at.file(), at.end(), "entry " + (lastIndex + 1) + " was synced, and is not whole any more");
        }
    }

    /** Bytes from an offset to the last one that is not zero. */
    private static long usedBehind(Segment segment, int from) {
        ByteBuffer map = segment.map();
        int at = map.capacity() - Long.BYTES;
        while (at >= from && map.getLong(at) == 0) {
            at -= Long.BYTES;
        }
        return Math.max(0, at + Long.BYTES - from);
    }

    private void checkCommitBound() throws IOException {
        long bound = directory.readCommitBound().orElse(0);
        if (bound <= Math.max(lastIndex, snapshotIndex())) {
            return;
        }
        if (segments.isEmpty()) { // as in a directory that was made of a backup, whose snapshot is all there is
            throw new CorruptFileException(
                    directory.snapshots().path(bound), "entry " + bound + " was committed, and nothing whole holds it");
        } else {
            Segment last = segments.get(segments.size() - 1);
            throw new CorruptLogException(
                    last.file(), last.end(), "the log ends at " + lastIndex + ", but " + bound + " was committed");
        }
    }

    /** Goes on in the last segment if nothing is behind its end; else in a new one, so that nothing is overwritten. */
    private void openTail(List<Segment> found, int accepted, int segmentSizeBytes) throws IOException {
        if (tornBytes == 0 && accepted > 0 && accepted == found.size()) {
            return;
        }
        long sequence =
                found.isEmpty() ? 1 : found.get(found.size() - 1).header().sequence() + 1;
        // Small, so that a first start need not wait for a large file to be filled; the next is made beside the work.
        SegmentSource source = new SegmentSource(directory, Math.min(segmentSizeBytes, FIRST_SEGMENT_BYTES));
        long previousTerm = lastIndex == 0 ? 0 : terms.termAt(lastIndex);
        SegmentFormat.Header header = new SegmentFormat.Header(sequence, lastIndex + 1, previousTerm, chain, false);
        Segment tail = source.begin(source.take(2 * SegmentFormat.FRAME_BYTES), header, true);
        segments.add(tail);
        chain = tail.firstChain();
        for (Segment torn : found.subList(accepted, found.size())) {
            torn.close();
            Files.delete(torn.file());
        }
        // One that came back after a power failure would stand between the chain and the new segment, and break it.
        DurableFiles.syncDirectory(directory.path());
    }

    /** A crash may have come between a segment's begin and the note of it. */
    private void noteNewest() throws IOException {
        long newest = segments.get(segments.size() - 1).header().sequence();
        if (directory.readNewestSegment().orElse(0) != newest) {
            directory.writeNewestSegmentAndSync(newest);
        }
    }
}
