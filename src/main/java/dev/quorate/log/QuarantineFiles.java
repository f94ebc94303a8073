package dev.quorate.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The damaged files of a data directory, kept aside for people: one folder an occasion, {@code quarantine/1}, {@code 2}
 * and so on. A file {@code unfinished} says that moving there has begun, and why; its last name is {@code why}. Files are
 * renamed one by one, and a crash between any two of them leaves {@code unfinished}, so that the next start goes on.
 */
final class QuarantineFiles {
    /** Not part of the log: what says whose the directory is, what people asked for or may want to see. */
    private static final Set<String> STAY = Set.of("lock", "identity", "recover", "rollback", "quarantine");

    private static final String UNFINISHED = "unfinished";
    private static final String WHY = "why";

    private final Path directory;
    private final Path folder;

    QuarantineFiles(Path directory) {
        this.directory = directory;
        this.folder = directory.resolve("quarantine");
    }

    /** Returns when it is durable that the directory's log is not to be used any more. */
    void begin(String why) throws IOException {
        if (unfinished().isPresent()) {
            return;
        }
        List<Path> earlier = numbered();
        long number = earlier.isEmpty() ? 1 : 1 + number(earlier.get(earlier.size() - 1));
        Path next = folder.resolve(Long.toString(number));
        Files.createDirectories(next);
        DurableFiles.syncDirectory(folder);
        DurableFiles.syncDirectory(directory);
        DurableFiles.replace(next.resolve(UNFINISHED), ByteBuffer.wrap(why.getBytes(StandardCharsets.UTF_8)));
    }

    /** Where moving has begun and not ended. */
    Optional<Path> unfinished() throws IOException {
        return numbered().stream()
                .filter(number -> Files.exists(number.resolve(UNFINISHED)))
                .findFirst();
    }

    /** Moves everything but what stays; returns when that is durable. */
    void finish(Set<String> staying) throws IOException {
        Path target = unfinished().orElseThrow();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (!STAY.contains(name) && !staying.contains(name)) {
                    move(file, target.resolve(name));
                }
            }
        }
        // Both ends: a file whose old name came back would belong to the new log.
        DurableFiles.syncDirectory(target);
        DurableFiles.syncDirectory(directory);
        DurableFiles.rename(target.resolve(UNFINISHED), target.resolve(WHY));
    }

    /** One that is there already was moved before a crash: what stands in its place since was made by the next start. */
    private static void move(Path file, Path target) throws IOException {
        if (Files.exists(target)) {
            Files.delete(file);
        } else {
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** What the last occasion was, and where the files are. */
    Optional<String> latestWhy() throws IOException {
        List<Path> all = numbered();
        for (int i = all.size() - 1; i >= 0; i--) {
            Path why = all.get(i).resolve(WHY);
            if (Files.exists(why)) {
                return Optional.of(Files.readString(why, StandardCharsets.UTF_8) + " (set aside in "
                        + directory.relativize(all.get(i)) + ")");
            }
        }
        return Optional.empty();
    }

    private List<Path> numbered() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(folder)) {
            return found.filter(path -> String.valueOf(path.getFileName()).matches("[1-9][0-9]{0,17}"))
                    .sorted(Comparator.comparingLong(QuarantineFiles::number))
                    .toList();
        }
    }

    private static long number(Path numbered) {
        return Long.parseLong(String.valueOf(numbered.getFileName()));
    }
}
