package dev.quorate.cli;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.DirectoryIdentity;
import dev.quorate.log.DirectoryScan;
import dev.quorate.log.ScannedFile;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * {@code recover}: makes one replica's directory the one that a new set is formed around, where too few others are left
 * to elect a leader, or where the set is to elect its leaders from now on. Offline: the next start does it.
 */
final class RecoverCommand implements Command {
    private final Path directory;
    private final String election;
    private final boolean yes;
    private final Terminal terminal;

    private RecoverCommand(Path directory, String election, boolean yes, Terminal terminal) {
        this.directory = directory;
        this.election = election;
        this.yes = yes;
        this.terminal = terminal;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(Cli.help())
                .addOption(OptionSpec.builder("--directory")
                        .type(Path.class)
                        .required(true)
                        .paramLabel("DIR")
                        .description("The replica's own directory, such as data/replica-0; its process is stopped.")
                        .build())
                .addOption(OptionSpec.builder("--election")
                        .type(String.class)
                        .defaultValue("auto")
                        .paramLabel("MODE")
                        .description("How the new set chooses leaders: auto (the default) or none.")
                        .build())
                .addOption(Cli.yes());
        spec.usageMessage()
                .description(
                        "Form a new set around what one replica has. What only the other replicas have is lost: take the"
                                + " one that is furthest (inspect tells), empty the directories of all others, and start them"
                                + " all. Says what may be lost, and asks first.")
                .footer(
                        "",
                        "Exit codes: 0 asked for, and done at the next start; 2 the command line is wrong; 3 failed, or the"
                                + " answer was no: nothing was changed.");
        return spec;
    }

    static RecoverCommand of(ParseResult parsed, Terminal terminal) {
        Path directory = parsed.matchedOptionValue("--directory", Path.of(""));
        String election = parsed.matchedOptionValue("--election", "auto");
        if (!election.equals("auto") && !election.equals("none")) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(), "--election is " + election + ", but must be auto or none");
        }
        return new RecoverCommand(
                Directories.checked(parsed, directory), election, parsed.matchedOptionValue("--yes", false), terminal);
    }

    @Override
    public int run() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            DirectoryScan scan;
            try (Progress progress = new Progress(terminal, "read", DirectoryScan.sizeBytes(directory))) {
                scan = DirectoryScan.of(directory, progress);
            }
            DirectoryIdentity identity = checked(scan);
            tellWhatMayBeLost(scan, identity);
            if (!yes && !terminal.agrees("Form a new set around it?")) {
                terminal.err().println("nothing was changed");
                return Cli.FAILED;
            }
            data.requestRecovery(election);
        }
        terminal.out()
                .println("At its next start " + directory + " becomes the start of a new set with election " + election
                        + ". Empty the directories of all other replicas, then start them all: the set is formed when all"
                        + " of them have its log.");
        terminal.out().flush();
        return Cli.OK;
    }

    /** What a start would refuse is refused here, while the other directories are still as they were. */
    private DirectoryIdentity checked(DirectoryScan scan) throws IOException {
        Optional<ScannedFile> damaged = scan.files().stream()
                .filter(ScannedFile::isDamaged)
                .filter(file ->
                        !file.name().startsWith("rollback") && !file.name().startsWith("snapshot"))
                .findFirst();
        if (damaged.isPresent()) {
            throw new IOException("a start would refuse this directory; take another replica's: "
                    + VerifyCommand.line(damaged.get()));
        }
        Optional<DirectoryIdentity> identity = scan.identity();
        if (identity.isEmpty()
                || identity.get().stage() == Stage.EMPTY
                || identity.get().stage() == Stage.FORMING) {
            throw new IOException(directory + " belongs to no set yet: there is nothing to recover");
        }
        if (scan.lastIndex() == 0) {
            throw new IOException(
                    directory + " holds no entry, such as after its log was set aside to quarantine/: a set"
                            + " that is formed around it would have nothing");
        }
        if (election.equals("none") && identity.get().replica() != 0) {
            throw new IOException(directory + " is replica " + identity.get().replica()
                    + "'s; with election none replica 0 leads: recover replica 0's, or with --election auto");
        }
        return identity.get();
    }

    private void tellWhatMayBeLost(DirectoryScan scan, DirectoryIdentity identity) {
        long committed = scan.commitBound().orElse(0);
        terminal.err()
                .println(directory + " is replica " + identity.replica() + " of " + identity.replicas() + " of the set "
                        + identity.replicaSet()
                        + (identity.stage() == Stage.JOINING ? " (and was still joining it)" : "")
                        + ". Its log ends at entry " + scan.lastIndex() + ", in term "
                        + scan.hardState().map(state -> state.term()).orElse(0L) + ".");
        terminal.err()
                .println("The new set has that and nothing else. What other replicas have behind it is lost, also what"
                        + " was acknowledged: compare with their `inspect`.");
        if (committed < scan.lastIndex()) {
            terminal.err()
                    .println("Entries " + (committed + 1) + ".." + scan.lastIndex()
                            + " are not known to have been committed; they will be.");
        }
        terminal.err().println("The directories of the old set will be refused by the new one.");
    }
}
