package dev.quorate.cli;

import dev.quorate.log.BackupFiles;
import dev.quorate.log.DirectoryIdentity;
import dev.quorate.log.SnapshotFile;
import dev.quorate.store.MalformedStateException;
import dev.quorate.store.StateCodec;
import dev.quorate.store.StoreImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * {@code restore}: makes the directory of replica 0 out of a backup, as the start of a new set that replicas of the old one
 * cannot join. Offline; the other replicas start empty and take its state.
 */
final class RestoreCommand implements Command {
    private final Path backup;
    private final List<Path> directories;
    private final String replicaSet;
    private final int replicas;
    private final String election;
    private final Terminal terminal;

    private RestoreCommand(
            Path backup, List<Path> directories, String replicaSet, int replicas, String election, Terminal terminal) {
        this.backup = backup;
        this.directories = directories;
        this.replicaSet = replicaSet;
        this.replicas = replicas;
        this.election = election;
        this.terminal = terminal;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(Cli.help())
                .addPositional(positional("0", "1", "FILE", "What backup wrote; or a snapshot-….snap of a replica."))
                .addPositional(positional(
                        "1..*",
                        "1..9",
                        "DIR",
                        "Replica 0's own directory to make, such as data/replica-0; missing or empty. Those of others, if"
                                + " any are named, have to be missing or empty too, and stay so."))
                .addOption(Cli.option("--replicas", "N", "How many replicas the new set has, 1..9. Default: 3"))
                .addOption(Cli.option("--replica-set", "NAME", "The new set's name. Default: quorate"))
                .addOption(Cli.option("--election", "MODE", "How it chooses leaders: auto or none. Default: auto"));
        spec.usageMessage()
                .description(
                        "Make replica 0's directory out of a backup, as the start of a new set; replicas of the old set cannot"
                                + " join it. Start all replicas then, the others with empty directories: the set is formed"
                                + " when all of them have its state. Replicas, name and election have to be what the"
                                + " configuration says then.")
                .footer(
                        "",
                        "Exit codes: 0 restored; 2 the command line is wrong; 3 failed, such as for a backup that is damaged"
                                + " or ends too early: nothing was made.");
        return spec;
    }

    private static PositionalParamSpec positional(String index, String arity, String label, String description) {
        return PositionalParamSpec.builder()
                .index(index)
                .arity(arity)
                .type(index.equals("0") ? Path.class : List.class)
                .auxiliaryTypes(Path.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    static RestoreCommand of(ParseResult parsed, Terminal terminal) {
        Path backup = parsed.matchedPositionalValue(0, Path.of(""));
        List<Path> directories = parsed.matchedPositionalValue(1, List.of());
        if (directories.isEmpty()) {
            throw wrong(parsed, "which directory is to be made?");
        }
        if (!Files.isRegularFile(backup)) {
            throw wrong(parsed, backup + " is no file");
        }
        String replicas = parsed.matchedOptionValue("--replicas", "3");
        String name = parsed.matchedOptionValue("--replica-set", "quorate");
        String election = parsed.matchedOptionValue("--election", "auto");
        if (!replicas.matches("[1-9]")) {
            throw wrong(parsed, "--replicas is " + replicas + ", but must be 1..9");
        }
        if (name.isBlank() || name.length() > 64) {
            throw wrong(parsed, "--replica-set must have 1..64 characters");
        }
        if (!election.equals("auto") && !election.equals("none")) {
            throw wrong(parsed, "--election is " + election + ", but must be auto or none");
        }
        return new RestoreCommand(backup, directories, name, Integer.parseInt(replicas), election, terminal);
    }

    private static ParameterException wrong(ParseResult parsed, String message) {
        return new ParameterException(parsed.commandSpec().commandLine(), message);
    }

    @Override
    public int run() throws IOException {
        Path directory = directories.get(0);
        for (Path other : mustBeEmpty(directory)) {
            if (!isMissingOrEmpty(other)) {
                throw new IOException(other + " is not empty; move it aside, it belongs to another set");
            }
        }
        long keys = keysIn(backup);
        SecureRandom random = new SecureRandom();
        DirectoryIdentity identity =
                DirectoryIdentity.recovered(replicaSet, replicas, 0, election, random.nextLong(), random.nextLong());
        SnapshotFile restored;
        try (Progress progress = new Progress(terminal, "restore", Files.size(backup))) {
            restored = BackupFiles.restore(backup, directory, identity, progress);
        }
        terminal.out()
                .println(directory + " holds " + keys + " keys as of entry " + restored.index() + ", for replica 0 of "
                        + replicas + " of a new set " + replicaSet
                        + ". Start all replicas, the others with empty directories.");
        terminal.out().flush();
        return Cli.OK;
    }

    /** Those named, and those beside it: a process with all replicas would take the old ones for its own. */
    private Iterable<Path> mustBeEmpty(Path directory) throws IOException {
        TreeSet<Path> all = new TreeSet<>(directories);
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null && Files.isDirectory(parent)) {
            try (Stream<Path> siblings = Files.list(parent)) {
                siblings.filter(path -> String.valueOf(path.getFileName()).matches("replica-\\d"))
                        .forEach(all::add);
            }
        }
        return all;
    }

    private static boolean isMissingOrEmpty(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return true;
        }
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isEmpty();
        }
    }

    /** Reads all of it, so that what a start could not read is refused before anything is made. */
    private static long keysIn(Path backup) throws IOException {
        Contents contents = new Contents();
        try {
            SnapshotFile.open(backup).forEachBlock(contents::add);
            return contents.keys;
        } catch (MalformedStateException e) {
            throw new IOException(backup + " cannot be read by this program: " + e.getMessage(), e);
        }
    }

    /** The first block says whom the log admitted; all others are of the state. */
    private static final class Contents {
        private boolean first = true;
        private long keys;

        void add(ByteBuffer block) {
            if (!first) {
                StoreImage part = new StoreImage();
                StateCodec.read(block, part);
                keys += part.size();
            }
            first = false;
        }
    }
}
