package dev.quorate.log;

import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that one replica's directory holds, for people: every file read, every checksum looked at, no lock taken and no byte
 * changed. A directory in use, or a copy that was made of one, may show the end of its log as torn, and as damaged where
 * its files are of different moments: nothing that was read is wrong then, but what a start would say is not known.
 */
public final class DirectoryScan {
    private final Path directory;
    private final LongConsumer progress;
    private final List<ScannedFile> files = new ArrayList<>();
    private final List<ScannedRollback> rollbacks = new ArrayList<>();
    private final List<SnapshotFile> snapshots = new ArrayList<>();
    private @Nullable DirectoryIdentity identity;
    private @Nullable HardState hardState;
    private @Nullable String recovery;
    private OptionalLong commitBound = OptionalLong.empty();
    private OptionalLong newest = OptionalLong.empty();
    private final LogScan log;

    private DirectoryScan(Path directory, LongConsumer progress) throws IOException {
        this.directory = directory;
        this.progress = progress;
        List<Path> segments = new ArrayList<>();
        for (Path file : list(directory)) {
            if (LogScan.isSegment(file)) {
                segments.add(file);
            } else if (Files.isDirectory(file)) {
                readFolder(file);
            } else {
                read(file);
            }
        }
        this.log = new LogScan(read(segments), newest, commitBound.orElse(0), newestSnapshot());
        files.addAll(log.verdicts());
        boolean hasSnapshot = list(directory).stream().anyMatch(SnapshotFiles::isSnapshot);
        boolean hasState = newest.isPresent() || !log.verdicts().isEmpty() || hasSnapshot;
        missing("identity", hasState, "but there is a log or a snapshot");
        missing("hard-state", identity != null, "but there is an identity");
        boolean begun = log.verdicts().size() > 1 || (identity != null && identity.stage() == Stage.FORMED);
        missing("newest", newest.isEmpty() && begun, "but a log was begun");
        long bound = commitBound.orElse(0);
        boolean lost = log.verdicts().isEmpty() && bound > log.lastIndex();
        String holder = String.valueOf(new SnapshotFiles(directory).path(bound).getFileName());
        missing(holder, lost, "but entry " + bound + " was committed, and nothing else holds it");
    }

    /**
     * What a file of {@code rollback/} holds.
     *
     * @param name its name
     * @param saved its content
     */
    public record ScannedRollback(String name, RollbackFiles.Saved saved) {}

    /**
     * Reads a directory through.
     *
     * @param progress told of bytes as they are read
     * @throws IOException if the directory cannot be listed; a file that cannot be read is a finding
     */
    public static DirectoryScan of(Path directory, LongConsumer progress) throws IOException {
        return new DirectoryScan(directory, progress);
    }

    /** Bytes of all files, for a measure of {@code progress}. */
    public static long sizeBytes(Path directory) throws IOException {
        long bytes = 0;
        for (Path file : list(directory)) {
            bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
        }
        return bytes;
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            return found.sorted().toList();
        }
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    private interface Reading {
        ScannedFile read(Path file, String name, long sizeBytes) throws IOException;
    }

    /** A file that is gone when its turn comes was removed by a running replica: it was none of the directory's. */
    private void look(Path file, Reading reading) {
        String name = String.valueOf(directory.relativize(file));
        if (!Files.exists(file)) {
            return;
        }
        try {
            long size = Files.size(file);
            files.add(reading.read(file, name, size));
        } catch (IOException | IllegalStateException e) {
            files.add(ScannedFile.damaged(name, 0, 0, String.valueOf(e.getMessage())));
        }
    }

    private void missing(String name, boolean expected, String why) {
        if (expected && files.stream().noneMatch(file -> file.name().equals(name))) {
            files.add(ScannedFile.damaged(name, 0, 0, "it is missing, " + why));
        }
    }

    private void read(Path file) {
        switch (String.valueOf(file.getFileName())) {
            case "identity" -> look(file, this::readIdentity);
            case "hard-state" -> look(file, this::readHardState);
            case "commit-bound" -> look(file, this::readCommitBound);
            case "newest" -> look(file, this::readNewest);
            case "recover" -> look(file, this::readRecovery);
            case "lock" -> look(file, (path, name, size) -> ScannedFile.unchecked(name, size, ""));
            default -> readOther(file);
        }
    }

    private void readOther(Path file) {
        if (SnapshotFiles.isSnapshot(file)) {
            look(file, this::readSnapshot);
        } else {
            look(file, (path, name, size) -> ScannedFile.unchecked(name, size, leftover(name)));
        }
    }

    private ScannedFile readSnapshot(Path file, String name, long size) throws IOException {
        try {
            snapshots.add(SnapshotFile.open(file));
            return ScannedFile.ok(name, size, "");
        } catch (CorruptFileException e) {
            return ScannedFile.damaged(name, size, e.offset(), e.reason());
        } finally {
            progress.accept(size);
        }
    }

    /** By its name the last that was read. */
    private @Nullable SnapshotHeader newestSnapshot() {
        return snapshots.isEmpty() ? null : snapshots.get(snapshots.size() - 1).header();
    }

    private static String leftover(String name) {
        if (name.startsWith("quarantine")) {
            return "set aside, as something was damaged";
        }
        return name.endsWith(".tmp") ? "made anew or removed by a start" : "not of this program";
    }

    private ScannedFile readIdentity(Path file, String name, long size) throws IOException {
        try {
            identity = DirectoryIdentity.decode(DataDirectory.identityIn(file));
            return ScannedFile.ok(name, size, "");
        } catch (CorruptFileException e) {
            return ScannedFile.damaged(name, size, 0, e.reason());
        }
    }

    private ScannedFile readHardState(Path file, String name, long size) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            List<DataDirectory.SavedState> slots = new ArrayList<>();
            int torn = -1;
            for (int slot = 0; slot < 2; slot++) {
                Optional<DataDirectory.SavedState> saved = DataDirectory.hardStateIn(in, slot);
                saved.ifPresent(slots::add);
                torn = saved.isEmpty() ? slot : torn;
            }
            hardState = slots.stream()
                    .max((one, other) -> Long.compare(one.number(), other.number()))
                    .map(DataDirectory.SavedState::state)
                    .orElse(null);
            return slotted(name, size, slots.size(), torn);
        }
    }

    private ScannedFile readNewest(Path file, String name, long size) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            int whole = 0;
            int torn = -1;
            for (int slot = 0; slot < 2; slot++) {
                OptionalLong number = DataDirectory.readNumber(in, (long) slot * DataDirectory.SLOT_BYTES);
                if (number.isEmpty()) {
                    torn = slot;
                } else {
                    whole++;
                    newest = OptionalLong.of(Math.max(newest.orElse(0), number.getAsLong()));
                }
            }
            return slotted(name, size, whole, torn);
        }
    }

    private static ScannedFile slotted(String name, long size, int whole, int torn) {
        if (whole == 0) {
            return ScannedFile.damaged(name, size, 0, "neither of its two slots is whole");
        }
        return torn < 0
                ? ScannedFile.ok(name, size, "")
                : ScannedFile.torn(name, size, (long) torn * DataDirectory.SLOT_BYTES, "the other slot counts");
    }

    private ScannedFile readCommitBound(Path file, String name, long size) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            commitBound = DataDirectory.readNumber(in, 0);
        }
        return commitBound.isPresent()
                ? ScannedFile.ok(name, size, "")
                : ScannedFile.torn(name, size, 0, "nothing is known as committed until a leader tells");
    }

    private ScannedFile readRecovery(Path file, String name, long size) throws IOException {
        recovery = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (!recovery.equals("auto") && !recovery.equals("none")) {
            return ScannedFile.damaged(name, size, 0, "it holds no election mode");
        }
        return ScannedFile.unchecked(name, size, "the next start forms a new set, with election " + recovery);
    }

    private void readFolder(Path folder) throws IOException {
        RollbackFiles rollback = new RollbackFiles(folder);
        List<Path> saved = String.valueOf(folder.getFileName()).equals("rollback") ? rollback.newestFirst() : List.of();
        for (Path file : saved) {
            look(file, (path, name, size) -> {
                try {
                    rollbacks.add(new ScannedRollback(name, rollback.read(path)));
                    return ScannedFile.ok(name, size, "");
                } catch (CorruptFileException e) {
                    return ScannedFile.damaged(name, size, 0, e.reason());
                }
            });
        }
        for (Path file : list(folder)) {
            if (Files.isDirectory(file)) {
                readFolder(file);
            } else if (!saved.contains(file)) {
                look(file, (path, name, size) -> ScannedFile.unchecked(name, size, leftover(name)));
            }
        }
    }

    private List<SegmentScan> read(List<Path> segments) {
        List<SegmentScan> scans = new ArrayList<>();
        for (Path file : segments) {
            if (Files.exists(file)) { // else a running replica removed it meanwhile
                try {
                    scans.add(SegmentScan.read(file, progress));
                } catch (IOException e) {
                    String name = String.valueOf(file.getFileName());
                    files.add(ScannedFile.damaged(name, 0, 0, String.valueOf(e.getMessage())));
                }
            }
        }
        return scans;
    }

    // ---- what was found --------------------------------------------------------------------------------------------

    /** Where. */
    public Path directory() {
        return directory;
    }

    /** One word a file, missing ones that must be there among them. */
    public List<ScannedFile> files() {
        return List.copyOf(files);
    }

    /** Whose it is; nothing where it is empty or the file is damaged. */
    public Optional<DirectoryIdentity> identity() {
        return Optional.ofNullable(identity);
    }

    /** Term and vote; nothing where there are none, or the file is damaged. */
    public Optional<HardState> hardState() {
        return Optional.ofNullable(hardState);
    }

    /** The stored lower bound of the commit index. */
    public OptionalLong commitBound() {
        return commitBound;
    }

    /** The election mode of a recovery that was asked for and is not done. */
    public Optional<String> recovery() {
        return Optional.ofNullable(recovery);
    }

    /** The snapshots that are whole, the oldest first. */
    public List<SnapshotFile> snapshots() {
        return List.copyOf(snapshots);
    }

    /** Index of the first entry that the log holds, or would. */
    public long firstIndex() {
        return log.firstIndex();
    }

    /** The files of the log that count, in order. */
    public List<ScannedSegment> segments() {
        return log.segments();
    }

    /** Index of the last entry that counts; where the log is empty, of the last that a snapshot holds. */
    public long lastIndex() {
        return log.lastIndex();
    }

    /** Hands over every entry of the log that counts, in order. */
    public void forEachEntry(EntryVisitor visitor) {
        log.forEach(visitor);
    }

    /** What left the log, the latest term first. */
    public List<ScannedRollback> rollbacks() {
        return List.copyOf(rollbacks);
    }
}
