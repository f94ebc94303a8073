package dev.quorate.cli;

import dev.quorate.log.DirectoryScan;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** {@code inspect}: says what a replica's directory holds. Reads only, takes no lock, changes no byte. */
final class InspectCommand implements Command {
    private final Path directory;
    private final boolean json;
    private final boolean entries;
    private final Terminal terminal;

    private InspectCommand(Path directory, boolean json, boolean entries, Terminal terminal) {
        this.directory = directory;
        this.json = json;
        this.entries = entries;
        this.terminal = terminal;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(Cli.help())
                .addPositional(Directories.parameter())
                .addOption(flag("--json", "As one JSON object instead of text."))
                .addOption(
                        flag("--entries", "Also every entry of the log: index, term, kind, w, what it does to keys."));
        spec.usageMessage()
                .description(
                        "Say what a replica's directory holds: whose it is, term and vote, the log and its files, what left"
                                + " the log. Reads only, takes no lock and changes nothing, so that it may be run on a"
                                + " directory in use, or on a copy of one; the end of the log may then look torn.")
                .footer(
                        "",
                        "Exit codes: 0 told, also of files that are damaged; 2 the command line is wrong; 3 the directory"
                                + " could not be read.");
        return spec;
    }

    private static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(Boolean.class)
                .arity("0")
                .description(description)
                .build();
    }

    static InspectCommand of(ParseResult parsed, Terminal terminal) {
        return new InspectCommand(
                Directories.of(parsed),
                parsed.matchedOptionValue("--json", false),
                parsed.matchedOptionValue("--entries", false),
                terminal);
    }

    @Override
    public int run() throws IOException {
        DirectoryScan scan;
        try (Progress progress = new Progress(terminal, "inspect", DirectoryScan.sizeBytes(directory))) {
            scan = DirectoryScan.of(directory, progress);
        }
        if (json) {
            InspectJson.write(scan, entries, terminal.out());
        } else {
            InspectText.write(scan, entries, terminal.out());
        }
        terminal.out().flush();
        return Cli.OK;
    }
}
