package dev.quorate;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.quorate.config.QuorateConfig;
import dev.quorate.peer.PeerResource;
import dev.quorate.protocol.Message;
import dev.quorate.replica.EventType;
import io.smallrye.config.WithName;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds README and {@code src/site/markdown} to the code, where a program can tell: names, keys, links. */
class DocumentationTest {
    private static final Path README = Path.of("README.md");
    private static final Path SITE = Path.of("src/site/markdown");
    private static final Path SOURCES = Path.of("src");

    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern KEY_ROW = Pattern.compile("(?m)^\\| (`quorate\\.[^|]*)\\|");
    private static final Pattern MEMBER = Pattern.compile("^(?:[a-z]+\\.)?([A-Z]\\w*[a-z]\\w*)\\.([a-z]\\w+)");
    private static final Pattern ROOM_AND_CLASS = Pattern.compile("^([a-z]+)\\.([A-Z]\\w+)");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern SCRIPT = Pattern.compile("^[a-z0-9-]+\\.txt$");

    // ---- README ----------------------------------------------------------------------------------------------------

    @Test
    void readmeTellsEveryKeyAndNoOther() throws IOException {
        Set<String> told = new TreeSet<>();
        for (MatchResult row : all(KEY_ROW, Files.readString(README))) {
            String room = "";
            for (MatchResult code : all(CODE, row.group(1))) {
                String key = code.group(1).startsWith(".") ? room + code.group(1) : code.group(1);
                room = key.substring(0, key.lastIndexOf('.'));
                told.add(key);
            }
        }
        assertEquals(keys("quorate", QuorateConfig.class), told);
    }

    private static Set<String> keys(String prefix, Class<?> mapping) {
        Set<String> keys = new TreeSet<>();
        for (Method method : mapping.getDeclaredMethods()) {
            WithName named = method.getAnnotation(WithName.class);
            String name = named != null ? named.value() : kebab(method.getName());
            boolean group = QuorateConfig.class.equals(method.getReturnType().getEnclosingClass());
            keys.addAll(group ? keys(prefix + "." + name, method.getReturnType()) : Set.of(prefix + "." + name));
        }
        return keys;
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    // ---- the pages -------------------------------------------------------------------------------------------------

    @Test
    void everyMessageAndItsPathIsInTheProtocol() throws IOException {
        String protocol = Files.readString(SITE.resolve("protocol.md"));
        Set<String> missing = Arrays.stream(Message.class.getPermittedSubclasses())
                .map(type -> "`" + type.getSimpleName() + "`")
                .collect(toCollection(TreeSet::new));
        for (Method method : PeerResource.class.getDeclaredMethods()) {
            jakarta.ws.rs.Path path = method.getAnnotation(jakarta.ws.rs.Path.class);
            if (path != null) {
                missing.add("`/replicas/{id}/" + path.value() + "`");
            }
        }
        missing.removeIf(protocol::contains);
        assertEquals(Set.of(), missing);
    }

    @Test
    void everyEventIsInOperations() throws IOException {
        String operations = Files.readString(SITE.resolve("operations.md"));
        Set<String> missing = Arrays.stream(EventType.values())
                .map(type -> "`" + type.label() + "`" + (type == EventType.ROLLBACK ? " !" : ""))
                .collect(toCollection(TreeSet::new));
        missing.removeIf(operations::contains);
        assertEquals(Set.of(), missing);
    }

    /** Tests that guard a rule, code that keeps it, scripts: a name that has moved on misleads. */
    @Test
    void everyNameOfCodeExists() throws IOException {
        Map<String, List<Path>> sources = sources();
        Set<String> gone = new TreeSet<>();
        for (Path page : pages()) {
            for (MatchResult code : all(CODE, Files.readString(page))) {
                String text = code.group(1);
                for (MatchResult member : all(MEMBER, text)) {
                    if (!isMember(sources.getOrDefault(member.group(1) + ".java", List.of()), member.group(2))) {
                        gone.add(page.getFileName() + ": " + member.group());
                    }
                }
                for (MatchResult type : all(ROOM_AND_CLASS, text)) {
                    String end = type.group(1) + "/" + type.group(2) + ".java";
                    if (sources.getOrDefault(type.group(2) + ".java", List.of()).stream()
                            .noneMatch(source -> source.endsWith(end))) {
                        gone.add(page.getFileName() + ": " + type.group());
                    }
                }
                if (SCRIPT.matcher(text).matches() && !sources.containsKey(text)) {
                    gone.add(page.getFileName() + ": " + text);
                }
            }
        }
        assertEquals(Set.of(), gone);
    }

    private static boolean isMember(List<Path> sources, String name) throws IOException {
        Pattern declared = Pattern.compile("\\b" + name + "\\s*[(=]");
        for (Path source : sources) {
            if (declared.matcher(Files.readString(source)).find()) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        Set<String> broken = new TreeSet<>();
        int links = 0;
        for (Path page : pages()) {
            for (MatchResult link : all(LINK, Files.readString(page))) {
                links++;
                Path target = link.group(1).isEmpty()
                        ? page
                        : page.resolveSibling(link.group(1)).normalize();
                boolean leads = Files.exists(target)
                        && (link.group(2) == null || anchors(target).contains(link.group(2)));
                if (!leads) {
                    broken.add(page.getFileName() + ": " + link.group());
                }
            }
        }
        assertFalse(links == 0, "no links were found");
        assertEquals(Set.of(), broken);
    }

    /** As GitHub makes them. */
    private static Set<String> anchors(Path page) throws IOException {
        Set<String> anchors = new TreeSet<>();
        for (MatchResult heading : all(HEADING, Files.readString(page))) {
            anchors.add(heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^a-z0-9 -]", "")
                    .replace(' ', '-'));
        }
        return anchors;
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    private static List<MatchResult> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(SITE)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    /** Every file below {@code src}, by its name. */
    private static Map<String, List<Path>> sources() throws IOException {
        Map<String, List<Path>> sources = new TreeMap<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> sources.computeIfAbsent(file.getFileName().toString(), name -> new ArrayList<>())
                            .add(file));
        }
        return sources;
    }
}
