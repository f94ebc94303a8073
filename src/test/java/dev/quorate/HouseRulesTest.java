package dev.quorate;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.HouseRules.Offence;
import dev.quorate.HouseRules.Part;
import dev.quorate.HouseRules.Rule;
import dev.quorate.HouseRules.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds every source of this repository to {@link HouseRules}. */
class HouseRulesTest {

    /**
     * Places that may break a rule, as {@code path RULE}. The list only shrinks: an entry that is needed no more fails
     * the test, and a new one needs a better reason than that the rule was in the way.
     */
    private static final Set<String> EXCUSED = Set.of();

    private static List<Offence> offences = List.of();

    @BeforeAll
    static void readEverySource() throws IOException {
        List<Offence> found = new ArrayList<>();
        for (Part part : Part.values()) {
            found.addAll(HouseRules.offencesIn(sourcesOf(part).toArray(Source[]::new)));
        }
        offences = found;
    }

    @Test
    void everySourceKeepsTheRules() {
        String broken = offences.stream()
                .filter(offence -> !EXCUSED.contains(offence.place()))
                .map(Offence::toString)
                .collect(joining("\n"));
        assertEquals("", broken);
    }

    @Test
    void everyExcuseIsStillNeeded() {
        Set<String> idle = new TreeSet<>(EXCUSED);
        idle.removeAll(offences.stream().map(Offence::place).collect(toSet()));
        assertEquals(Set.of(), idle, "take these out of EXCUSED");
    }

    @Test
    void theSourcesAreFound() throws IOException {
        assertTrue(
                sourcesOf(Part.MAIN).size() >= 9 && !sourcesOf(Part.TEST).isEmpty(), "run from the project's folder");
    }

    /** A rule that cannot fire holds nothing: one offence of each kind, and each is found. */
    @Test
    void everyRuleCanBeBroken() {
        String offender = """
                import static java.lang.Thread.sleep;
                @Disabled
                class Offender {
                    // %s
                    void all() throws Exception {
                        assert 1 > 0;
                        long a = System.currentTimeMillis();
                        var b = java.time.Instant.now();
                        var c = new java.util.Random();
                        new Exception().printStackTrace();
                        java.lang.System.out.println();
                        uni.await().indefinitely();%s
                    }
                }
                """.formatted("TO" + "DO", "\n".repeat(HouseRules.LONGEST_FILE));
        Set<Rule> found = EnumSet.noneOf(Rule.class);
        for (Part part : Part.values()) {
            for (Offence offence : HouseRules.offencesIn(new Source(part, "Offender.java", offender))) {
                found.add(offence.rule());
            }
        }
        assertEquals(EnumSet.allOf(Rule.class), found);
    }

    @Test
    void wordsInStringsAndSeededRandomAreNoOffence() {
        String decent = """
                class Decent {
                    /** Says what System.out would print, had it been asked to assert. */
                    String s = "System.currentTimeMillis() Thread.sleep(1) assert x";
                    java.util.Random random = new java.util.Random(42);
                    java.time.Instant at = java.time.Instant.now(clock);
                    void once() throws Exception {
                        latch.await();
                        await().atMost(ofSeconds(1)).until(done);
                    }
                }
                """;
        for (Part part : List.of(Part.TEST, Part.BENCH)) {
            assertEquals(List.of(), HouseRules.offencesIn(new Source(part, "Decent.java", decent)));
        }
    }

    private static List<Source> sourcesOf(Part part) throws IOException {
        Path root = Path.of("src", part.name().toLowerCase(java.util.Locale.ROOT), "java");
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        List<Source> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
                sources.add(new Source(part, file.toString().replace('\\', '/'), Files.readString(file)));
            }
        }
        return sources;
    }
}
