package dev.quorate.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The snapshots of a data directory, named {@code snapshot-INDEX.snap} with the index in sixteen hexadecimal digits. Used by
 * one thread at a time.
 */
public final class SnapshotFiles {
    private static final Pattern NAME = Pattern.compile("snapshot-[0-9a-f]{16}\\.snap");

    private final Path directory;

    SnapshotFiles(Path directory) {
        this.directory = directory;
    }

    /** Where the snapshot of the state at an index is, or would be. */
    public Path path(long index) {
        return directory.resolve(String.format("snapshot-%016x.snap", index));
    }

    /** Whether a file is one, by its name. */
    static boolean isSnapshot(Path file) {
        return NAME.matcher(String.valueOf(file.getFileName())).matches();
    }

    /** Where one gathers that another replica sends; a start removes what is left of it. */
    public Path incoming() {
        return directory.resolve("snapshot-incoming.tmp");
    }

    /** The files, that of the highest index first; whether they are whole is not looked at. */
    public List<Path> newestFirst() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(SnapshotFiles::isSnapshot)
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }

    /**
     * The newest that is whole.
     *
     * @param damaged told of each newer one that is not
     */
    public Optional<SnapshotFile> newestWhole(Consumer<CorruptFileException> damaged) throws IOException {
        for (Path file : newestFirst()) {
            try {
                return Optional.of(SnapshotFile.open(file));
            } catch (CorruptFileException e) {
                damaged.accept(e);
            }
        }
        return Optional.empty();
    }

    /** Begins to write one; whoever reads an older one goes on. */
    public SnapshotWriter begin(SnapshotHeader header) throws IOException {
        return SnapshotWriter.begin(path(header.position().index()), header);
    }

    /**
     * Gives a file in this directory, whose bytes are synced, the name of a snapshot; returns when that is durable. One that
     * was given it before keeps it.
     */
    public SnapshotFile adopt(SnapshotFile received) throws IOException {
        Path named = path(received.index());
        if (!received.path().equals(named) && Files.exists(received.path())) {
            DurableFiles.rename(received.path(), named);
        }
        return new SnapshotFile(named, received.header(), received.sizeBytes());
    }

    /**
     * Of the files found, removes all but these, whole or not. One that gets its name after they were found stays: it may
     * be all that is left of what the log has let go.
     *
     * @param found what {@link #newestFirst} gave before it was decided which are kept
     */
    public void keepOnly(List<Path> found, List<SnapshotFile> kept) throws IOException {
        List<Path> paths = kept.stream().map(SnapshotFile::path).toList();
        List<Path> removed = new ArrayList<>(found);
        removed.removeAll(paths);
        for (Path file : removed) {
            Files.deleteIfExists(file);
        }
    }

    /** Removes what a crash left half written. To be called while nothing is being written. */
    public void removeUnfinished() throws IOException {
        List<Path> unfinished;
        try (Stream<Path> files = Files.list(directory)) {
            unfinished = files.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.startsWith("snapshot-") && name.endsWith(".tmp");
                    })
                    .toList();
        }
        for (Path file : unfinished) {
            Files.deleteIfExists(file);
        }
    }

    /** Bytes that are free on the disk. */
    public long freeBytes() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }
}
