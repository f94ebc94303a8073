package dev.quorate.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The directory that a command looks at. */
final class Directories {
    private Directories() {}

    static PositionalParamSpec parameter() {
        return parameter("DIR", "A replica's own directory, such as data/replica-0.");
    }

    static PositionalParamSpec orBackup() {
        return parameter("DIR|FILE", "A replica's own directory, such as data/replica-0, or a backup.");
    }

    private static PositionalParamSpec parameter(String label, String description) {
        return PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .type(Path.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** What {@link #orBackup()} was given. */
    static Path orBackup(ParseResult parsed) {
        Path path = parsed.matchedPositionalValue(0, Path.of(""));
        return Files.isRegularFile(path) ? path : checked(parsed, path);
    }

    /** @throws ParameterException if it is no directory, or the one above those of replicas */
    static Path of(ParseResult parsed) {
        return checked(parsed, parsed.matchedPositionalValue(0, Path.of("")));
    }

    /** As {@link #of}, of one that was given in another way. */
    static Path checked(ParseResult parsed, Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new ParameterException(parsed.commandSpec().commandLine(), directory + " is no directory");
        }
        if (Files.isDirectory(directory.resolve("replica-0")) && !Files.exists(directory.resolve("identity"))) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(),
                    directory + " holds the directories of replicas: name one of them, such as "
                            + directory.resolve("replica-0"));
        }
        return directory;
    }
}
