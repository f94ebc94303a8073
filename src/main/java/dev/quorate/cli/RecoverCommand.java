package dev.quorate.cli;

import dev.quorate.log.DataDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * {@code recover}: makes one replica's directory the one that a new set is formed around, where too few others are left
 * to elect a leader, or where the set is to elect its leaders from now on. Offline: the next start does it.
 */
final class RecoverCommand {
    private final Path directory;
    private final String election;
    private final PrintWriter out;

    private RecoverCommand(Path directory, String election, PrintWriter out) {
        this.directory = directory;
        this.election = election;
        this.out = out;
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
                        .build());
        spec.usageMessage()
                .description(
                        "Form a new set around what one replica has. What only the other replicas have is lost: take the"
                                + " one that is furthest, empty the directories of all others, and start them all.")
                .footer(
                        "",
                        "Exit codes: 0 asked for, and done at the next start; 2 the command line is wrong; 3 failed.");
        return spec;
    }

    static RecoverCommand of(ParseResult parsed, PrintWriter out) {
        Path directory = parsed.matchedOptionValue("--directory", Path.of(""));
        String election = parsed.matchedOptionValue("--election", "auto");
        if (!election.equals("auto") && !election.equals("none")) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(), "--election is " + election + ", but must be auto or none");
        }
        if (!Files.isDirectory(directory)) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(), "--directory is " + directory + ", which is no directory");
        }
        return new RecoverCommand(directory, election, out);
    }

    int run() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory)) {
            data.requestRecovery(election);
        }
        out.println("At its next start " + directory + " becomes the start of a new set with election " + election
                + ". Empty the directories of all other replicas, then start them all: the set is formed when all of"
                + " them have its log.");
        out.flush();
        return Cli.OK;
    }
}
