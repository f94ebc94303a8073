package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What three processes, or one, do under strain. Started by {@code src/bench/strain}, which says what there is. */
public final class Strain {
    static final Path APP = Path.of("target", "quarkus-app").toAbsolutePath();

    private Strain() {}

    /** One kind of strain, and {@code --short} for a run that only shows that it works. */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> asked = List.of(args);
        boolean isShort = asked.contains("--short");
        System.out.printf("%d processors, Java %s%n", Runtime.getRuntime().availableProcessors(), Runtime.version());
        Path parent = Files.createDirectories(Path.of("target", "bench").toAbsolutePath());
        Path directory = Files.createTempDirectory(parent, "strain-");
        switch (args.length == 0 ? "" : args[0]) {
            case "growth" -> new Growth(directory, isShort).run();
            case "watchers" -> new Watchers(directory, isShort).run();
            case "overload" -> new Overload(directory, isShort).run();
            case "churn" -> new Churn(directory, isShort).run();
            default -> {
                System.err.println("src/bench/strain growth|watchers|overload|churn [--short]");
                System.exit(2);
            }
        }
        // Kept where it failed, for whoever reads its logs.
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        System.exit(0);
    }
}
