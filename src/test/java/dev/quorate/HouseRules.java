package dev.quorate;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssertTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Reads sources with the compiler's own parser, so that a word in a string or a comment is no call, and says which
 * rules of the house they break. The rules themselves are {@link Rule}.
 */
final class HouseRules {

    static final int LONGEST_METHOD = 60;
    static final int LONGEST_FILE = 600;

    private static final Pattern POSTPONED = Pattern.compile("(//|^\\s*/?\\*).*\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
    private static final Set<String> WAITS_OF_MUTINY = Set.of("indefinitely", "atMost", "asOptional");

    /** What is not done here, and what is done in its place. */
    enum Rule {
        LONG_METHOD("at most " + LONGEST_METHOD + " lines a method: give a part of it a name"),
        LONG_FILE("at most " + LONGEST_FILE + " lines a file: one idea each"),
        ASSERT("assert is off in production: use Invariants.check or, in tests, an assertion that always runs"),
        WALL_CLOCK("take a java.time.Clock as a parameter (in protocol: ticks), so that a test can set the time"),
        UNSEEDED_RANDOM("new Random(seed), and the seed in the message of the failure"),
        SLEEP("wait for the condition with Awaitility, which ends when it holds and fails when it does not"),
        SWITCHED_OFF("no test is switched off: a tag and a profile run what needs more than a plain build has"),
        POSTPONED("do it, or file an issue; the code says what is"),
        STACK_TRACE("a logger that is given the exception"),
        PRINT("a logger; in tests JUnit's TestReporter; only cli speaks to the terminal"),
        BLOCKING_AWAIT("return the Uni; a thread of the event loop that waits for another one waits for ever");

        final String instead;

        Rule(String instead) {
            this.instead = instead;
        }
    }

    /** Where a source stands: some rules hold in one part of the house only. */
    enum Part {
        MAIN,
        TEST,
        BENCH
    }

    record Source(Part part, String path, String text) {}

    record Offence(String path, long line, Rule rule) {
        /** Names a place that is excused. Without the line, which moves with every change above it. */
        String place() {
            return path + " " + rule;
        }

        @Override
        public String toString() {
            return path + ":" + line + " " + rule + ": " + rule.instead;
        }
    }

    private HouseRules() {}

    static List<Offence> offencesIn(Source... sources) {
        JavacTask task = (JavacTask) ToolProvider.getSystemJavaCompiler()
                .getTask(
                        null,
                        null,
                        diagnostic -> {},
                        List.of("-proc:none"),
                        null,
                        Stream.of(sources).map(HouseRules::inMemory).toList());
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        List<Offence> found = new ArrayList<>();
        try {
            int at = 0;
            for (CompilationUnitTree unit : task.parse()) {
                Source source = sources[at++];
                readLines(source, found);
                new Reader(source, unit, positions, found).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static void readLines(Source source, List<Offence> found) {
        List<String> lines = source.text.lines().toList();
        if (lines.size() > LONGEST_FILE) {
            found.add(new Offence(source.path, lines.size(), Rule.LONG_FILE));
        }
        for (int i = 0; i < lines.size(); i++) {
            if (POSTPONED.matcher(lines.get(i)).find()) {
                found.add(new Offence(source.path, i + 1, Rule.POSTPONED));
            }
        }
    }

    private static final class Reader extends TreePathScanner<@Nullable Void, @Nullable Void> {
        private final Source source;
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<Offence> found;

        Reader(Source source, CompilationUnitTree unit, SourcePositions positions, List<Offence> found) {
            this.source = source;
            this.unit = unit;
            this.positions = positions;
            this.found = found;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
            long lines = line(positions.getEndPosition(unit, method)) - line(start(method)) + 1;
            if (lines > LONGEST_METHOD) {
                add(method, Rule.LONG_METHOD);
            }
            return super.visitMethod(method, null);
        }

        @Override
        public @Nullable Void visitAssert(AssertTree statement, @Nullable Void nothing) {
            add(statement, Rule.ASSERT);
            return super.visitAssert(statement, null);
        }

        @Override
        public @Nullable Void visitAnnotation(AnnotationTree annotation, @Nullable Void nothing) {
            if (lastName(annotation.getAnnotationType()).equals("Disabled")) {
                add(annotation, Rule.SWITCHED_OFF);
            }
            return super.visitAnnotation(annotation, null);
        }

        @Override
        public @Nullable Void visitImport(ImportTree statement, @Nullable Void nothing) {
            if (statement.isStatic()) {
                judgeName(statement, statement.getQualifiedIdentifier().toString());
            }
            return null;
        }

        @Override
        public @Nullable Void visitNewClass(NewClassTree creation, @Nullable Void nothing) {
            if (lastName(creation.getIdentifier()).equals("Random")
                    && creation.getArguments().isEmpty()) {
                add(creation, Rule.UNSEEDED_RANDOM);
            }
            return super.visitNewClass(creation, null);
        }

        @Override
        public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void nothing) {
            String name = lastName(call.getMethodSelect());
            if (name.equals("printStackTrace")) {
                add(call, Rule.STACK_TRACE);
            }
            if (name.equals("now")
                    && call.getArguments().isEmpty()
                    && call.getMethodSelect().toString().endsWith("Instant.now")) {
                add(call, Rule.WALL_CLOCK);
            }
            return super.visitMethodInvocation(call, null);
        }

        @Override
        public @Nullable Void visitMemberSelect(MemberSelectTree select, @Nullable Void nothing) {
            judgeName(select, select.toString());
            if (source.part == Part.MAIN
                    && WAITS_OF_MUTINY.contains(select.getIdentifier().toString())
                    && select.getExpression() instanceof MethodInvocationTree call
                    && call.getArguments().isEmpty()
                    && lastName(call.getMethodSelect()).equals("await")) {
                add(select, Rule.BLOCKING_AWAIT);
            }
            return super.visitMemberSelect(select, null);
        }

        private void judgeName(Tree where, String qualified) {
            String name = qualified.startsWith("java.lang.") ? qualified.substring("java.lang.".length()) : qualified;
            switch (name) {
                case "System.currentTimeMillis" -> add(where, Rule.WALL_CLOCK);
                case "Math.random" -> add(where, Rule.UNSEEDED_RANDOM);
                case "Thread.sleep" -> {
                    if (source.part == Part.TEST) {
                        add(where, Rule.SLEEP);
                    }
                }
                case "System.out", "System.err" -> {
                    if (source.part != Part.BENCH && !source.path.contains("/dev/quorate/cli/")) {
                        add(where, Rule.PRINT);
                    }
                }
                default -> {}
            }
        }

        private static String lastName(Tree name) {
            if (name instanceof MemberSelectTree select) {
                return select.getIdentifier().toString();
            }
            return name instanceof IdentifierTree identifier
                    ? identifier.getName().toString()
                    : "";
        }

        private void add(Tree where, Rule rule) {
            found.add(new Offence(source.path, line(start(where)), rule));
        }

        private long start(Tree tree) {
            return positions.getStartPosition(unit, tree);
        }

        private long line(long position) {
            return unit.getLineMap().getLineNumber(position);
        }
    }

    private static JavaFileObject inMemory(Source source) {
        return new SimpleJavaFileObject(URI.create("string:///" + source.path), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source.text;
            }
        };
    }
}
