package dev.quorate.cli;

import dev.quorate.log.DirectoryScan;
import dev.quorate.log.ScannedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code verify}: looks at every checksum of every file in a replica's directory. Reads only, takes no lock. */
final class VerifyCommand implements Command {
    private final Path path;
    private final Terminal terminal;

    private VerifyCommand(Path path, Terminal terminal) {
        this.path = path;
        this.terminal = terminal;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().addOption(Cli.help()).addPositional(Directories.orBackup());
        spec.usageMessage()
                .description(
                        "Look at every checksum of every file in a replica's directory, or of a backup, and say of each file whether it is"
                                + " ok, torn (a crash left a part that a start leaves out; nothing is lost by it) or"
                                + " damaged, and at which offset. Reads only. Of a directory in use, or a copy of one, the"
                                + " end of the log and files that are missing prove nothing.")
                .footer(
                        "",
                        "Exit codes: 0 no file is damaged; 1 one is; 2 the command line is wrong; 3 the directory could not"
                                + " be read.");
        return spec;
    }

    static VerifyCommand of(ParseResult parsed, Terminal terminal) {
        return new VerifyCommand(Directories.orBackup(parsed), terminal);
    }

    @Override
    public int run() throws IOException {
        List<ScannedFile> files;
        if (Files.isDirectory(path)) {
            try (Progress progress = new Progress(terminal, "verify", DirectoryScan.sizeBytes(path))) {
                files = DirectoryScan.of(path, progress).files();
            }
        } else {
            files = List.of(ScannedFile.ofBackup(path));
        }
        files.forEach(file -> terminal.out().println(line(file)));
        long damaged = files.stream().filter(ScannedFile::isDamaged).count();
        terminal.out().println(damaged == 0 ? "nothing is damaged" : "damaged: " + damaged);
        terminal.out().flush();
        return damaged == 0 ? Cli.OK : Cli.VIOLATED;
    }

    /** A file's word: name, health, place and why. */
    static String line(ScannedFile file) {
        StringBuilder line = new StringBuilder();
        line.append(file.health().name().toLowerCase(Locale.ROOT)).append("  ").append(file.name());
        if (file.offset() >= 0) {
            line.append(" at offset ").append(file.offset());
        }
        if (!file.note().isEmpty()) {
            line.append(": ").append(file.note());
        }
        return line.toString();
    }
}
