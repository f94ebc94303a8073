package dev.quorate.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the seeds of a run begin: another commit tries others, the same commit the same. */
public final class Seeds {
    private static final long WITHOUT_GIT = 20_000;

    private Seeds() {}

    /** From {@code -Dsimulation.first}, else from the commit, else a constant. */
    static long first() throws IOException {
        Long given = Long.getLong("simulation.first");
        return given != null ? given : ofThisCommit();
    }

    /** From the commit, else a constant. */
    public static long ofThisCommit() throws IOException {
        return ofCommit(commit(Path.of(".git")));
    }

    static long ofCommit(String commit) {
        return commit.matches("[0-9a-f]{12,}") ? Long.parseLong(commit.substring(0, 12), 16) : WITHOUT_GIT;
    }

    /** What HEAD is; empty where there is no git, or none that is understood. */
    private static String commit(Path git) throws IOException {
        if (Files.isRegularFile(git)) {
            // A work tree of its own: the file names the directory.
            String named = Files.readString(git).strip();
            return named.startsWith("gitdir: ") ? commit(Path.of(named.substring(8))) : "";
        }
        Path head = git.resolve("HEAD");
        if (!Files.isRegularFile(head)) {
            return "";
        }
        String text = Files.readString(head).strip();
        return text.startsWith("ref: ") ? ofRef(git, text.substring(5)) : text;
    }

    private static String ofRef(Path git, String ref) throws IOException {
        Path common = git.resolve("commondir");
        Path shared = Files.isRegularFile(common)
                ? git.resolve(Files.readString(common).strip())
                : git;
        if (Files.isRegularFile(shared.resolve(ref))) {
            return Files.readString(shared.resolve(ref)).strip();
        }
        Path packed = shared.resolve("packed-refs");
        if (!Files.isRegularFile(packed)) {
            return "";
        }
        return Files.readAllLines(packed).stream()
                .filter(line -> line.endsWith(" " + ref))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .findFirst()
                .orElse("");
    }
}
