package dev.quorate.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.simulation.PatchedClasses.Patch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The simulation can see: each deliberate bug is found within a bounded number of schedules. The table of
 * {@code src/site/markdown/mutants.md} is renewed by {@code -Dmutants.rewrite=true}.
 */
@Execution(ExecutionMode.CONCURRENT)
class MutantsTest {
    private static final Path TABLE = Path.of("src/site/markdown/mutants.md");
    private static final int MOST_SEEDS = 40_000;
    private static final Pattern ROW = Pattern.compile("\\| (.*?) \\| (\\d+) \\| ");
    private static final Pattern FOUND = Pattern.compile("(\\d+) (.*)", Pattern.DOTALL);

    @Test
    void everyMutantIsFound() throws Exception {
        List<Mutant> mutants = Mutant.all();
        Map<String, Long> known = Boolean.getBoolean("mutants.rewrite") ? Map.of() : seedsOfTheTable();
        List<Callable<String>> searches = mutants.stream()
                .map(mutant -> search(mutant, known.get(mutant.says())))
                .toList();
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        List<String> rows = new ArrayList<>();
        try {
            List<Future<String>> found = pool.invokeAll(searches);
            for (int at = 0; at < mutants.size(); at++) {
                String says = mutants.get(at).says();
                String violation = found.get(at).get();
                assertFalse(violation.isEmpty(), "not seen in " + MOST_SEEDS + " schedules: " + says);
                rows.add(row(says, violation));
            }
        } finally {
            pool.shutdown();
        }
        if (Boolean.getBoolean("mutants.rewrite")) {
            rewrite(rows);
        }
        String table = Files.readString(TABLE);
        for (Mutant mutant : mutants) {
            assertTrue(table.contains("| " + mutant + " |"), "the table lacks: " + mutant);
        }
    }

    /** The seed that found it once is tried first, as a change of the core moves few of them. */
    private static Callable<String> search(Mutant mutant, @Nullable Long known) {
        return () -> {
            String violation = known == null ? "" : mutant.search(known, 1);
            return violation.isEmpty() ? mutant.search(1, MOST_SEEDS) : violation;
        };
    }

    private static Map<String, Long> seedsOfTheTable() throws IOException {
        Map<String, Long> seeds = new HashMap<>();
        for (String line : Files.readAllLines(TABLE)) {
            Matcher row = ROW.matcher(line);
            if (row.lookingAt()) {
                seeds.put(row.group(1), Long.valueOf(row.group(2)));
            }
        }
        return seeds;
    }

    private static String row(String says, String found) {
        Matcher matcher = FOUND.matcher(found);
        assertTrue(matcher.matches(), found);
        String broken = matcher.group(2).lines().findFirst().orElse("").replace("|", "\\|");
        String shown = broken.length() <= 160 ? broken : broken.substring(0, 160) + "…";
        return "| " + says + " | " + matcher.group(1) + " | " + shown + " |";
    }

    private static void rewrite(List<String> rows) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "# Bugs that the simulation sees",
                "",
                "Each was put in on purpose, in a copy of the shipped sources or in the simulated shell, and is found by the",
                "schedule of the seed shown. Written by `./mvnw test -Dtest=MutantsTest -Dmutants.rewrite=true`; a change of the",
                "core or of the simulation may move a seed.",
                "",
                "| the bug | first seed | what it breaks |",
                "|---|---|---|"));
        lines.addAll(rows);
        Files.createDirectories(TABLE.toAbsolutePath().getParent());
        Files.write(TABLE, lines);
    }

    @Test
    void aPatchThatFitsNowhereOrTwiceIsAnError() {
        String source = "a = 1;\n  b = 2;\n  b = 2;";
        assertEquals(
                "a = 7;\n  b = 2;\n  b = 2;", PatchedClasses.replace(source, new Patch("x", "a =\n 1;", "a = 7;")));
        assertThrows(IllegalStateException.class, () -> PatchedClasses.replace(source, new Patch("x", "b = 2;", "")));
        assertThrows(IllegalStateException.class, () -> PatchedClasses.replace(source, new Patch("x", "c", "")));
    }

    /** Else a mutant could be found because the copies do not work. */
    @Test
    void anUnchangedCopyBreaksNothing() throws Exception {
        Patch nothing = new Patch("protocol.Quorum", "return replicas / 2 + 1;", "return replicas / 2 + 1;");
        assertEquals("", new PatchedClasses(List.of(nothing)).search(Flaw.NONE, 1, 500));
    }
}
