package dev.quorate.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Scripts that tell a schedule step by step: prose, a verb, and the exact trace it leaves. The trace is compared;
 * {@code -Dscenarios.rewrite=true} renews it.
 */
class ScenarioTest {
    private static final Path SCENARIOS = Path.of("src/test/resources/scenarios");

    @TestFactory
    Stream<DynamicTest> everyScriptTellsWhatHappens() throws IOException {
        try (Stream<Path> files = Files.list(SCENARIOS)) {
            return files.sorted().toList().stream()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> run(file)));
        }
    }

    private static void run(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> told = new ArrayList<>();
        Scenario scenario = new Scenario();
        for (String line : lines) {
            if (line.startsWith("    ")) {
                continue;
            }
            told.add(line);
            if (!line.isBlank() && !line.startsWith("#")) {
                scenario.run(line).forEach(happened -> told.add("    " + happened));
            }
        }
        if (Boolean.getBoolean("scenarios.rewrite")) {
            Files.write(file, told);
        }
        assertEquals(String.join("\n", lines), String.join("\n", told), "trace of " + file);
    }
}
