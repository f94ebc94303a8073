package dev.quorate.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Where the processes of one test have their logs and data. That of a failed test is kept, in target/failures. */
final class RunDirectory implements BeforeEachCallback, AfterEachCallback {
    private static final Path BUILD =
            Path.of(System.getProperty("build.dir", "target")).toAbsolutePath();

    private @Nullable Path path;

    Path path() {
        if (path == null) {
            throw new IllegalStateException("no test runs");
        }
        return path;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        path = Files.createTempDirectory(Files.createDirectories(BUILD.resolve("runs")), name(context) + "-");
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        if (context.getExecutionException().isEmpty()) {
            delete(path());
            return;
        }
        Path kept = BUILD.resolve("failures").resolve(name(context));
        delete(kept);
        Files.createDirectories(kept.getParent());
        Files.move(path(), kept);
    }

    private static String name(ExtensionContext context) {
        return context.getRequiredTestClass().getSimpleName() + "."
                + context.getRequiredTestMethod().getName();
    }

    /** With all that is in it; nothing if there is none. */
    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> entries;
        try (Stream<Path> found = Files.walk(directory)) {
            entries = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path entry : entries) {
            Files.delete(entry);
        }
    }
}
