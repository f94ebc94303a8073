package dev.quorate.cli;

import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line. Commands are built by hand, not from annotations: a native image need not know of any. */
public final class Cli {
    /** All is well. */
    static final int OK = 0;
    /** What was checked is violated, or damaged. */
    static final int VIOLATED = 1;
    /** The command line is wrong; picocli's own. */
    static final int USAGE = 2;
    /** The command could not do its work. */
    static final int FAILED = 3;

    private static final Map<String, Subcommand> SUBCOMMANDS = subcommands();

    private Cli() {}

    /** How a subcommand's line looks, and what is made of it. */
    private record Subcommand(Supplier<CommandSpec> spec, Factory factory) {}

    private interface Factory {
        Command of(ParseResult parsed, Terminal terminal);
    }

    private static Map<String, Subcommand> subcommands() {
        Map<String, Subcommand> all = new LinkedHashMap<>();
        all.put("check", new Subcommand(CheckCommand::spec, CheckCommand::of));
        all.put("inspect", new Subcommand(InspectCommand::spec, InspectCommand::of));
        all.put("verify", new Subcommand(VerifyCommand::spec, VerifyCommand::of));
        all.put("backup", new Subcommand(BackupCommand::spec, BackupCommand::of));
        all.put("restore", new Subcommand(RestoreCommand::spec, RestoreCommand::of));
        all.put("recover", new Subcommand(RecoverCommand::spec, RecoverCommand::of));
        return all;
    }

    /** Whether there is a command to run, and no server. */
    public static boolean takes(String... args) {
        return args.length > 0 && !args[0].equals("serve");
    }

    /** Runs a command; returns the code to exit with. */
    public static int run(String... args) {
        // What is typed is in the terminal's encoding, which is the platform's.
        Reader in = new InputStreamReader(System.in, Charset.defaultCharset());
        return commandLine(in, Ansi.AUTO.enabled()).execute(args);
    }

    /** @param watched whether a person looks at what is said */
    static CommandLine commandLine(Reader in, boolean watched) {
        CommandSpec root =
                CommandSpec.create().name("java -jar quarkus-run.jar").addOption(help());
        SUBCOMMANDS.forEach(
                (name, subcommand) -> root.addSubcommand(name, subcommand.spec().get()));
        root.usageMessage()
                .description("Quorate, a leader-based replicated key-value store.")
                .footer("", "Without a command, or with `serve`, the store's server starts.");
        return new CommandLine(root)
                .setExecutionStrategy(parsed -> execute(parsed, in, watched))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println("failed: " + failure.getMessage());
                    return FAILED;
                });
    }

    static OptionSpec help() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help and exit.")
                .build();
    }

    /** One that takes a text. */
    static OptionSpec option(String name, String label, String description) {
        return OptionSpec.builder(name)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** For commands that ask first. */
    static OptionSpec yes() {
        return OptionSpec.builder("--yes")
                .type(Boolean.class)
                .arity("0")
                .description("Do not ask.")
                .build();
    }

    private static int execute(ParseResult parsed, Reader in, boolean watched) throws CommandLine.ExecutionException {
        Integer helped = CommandLine.executeHelpRequest(parsed);
        if (helped != null) {
            return helped;
        }
        CommandLine root = parsed.commandSpec().commandLine();
        if (!parsed.hasSubcommand()) {
            throw new ParameterException(root, "which command?");
        }
        ParseResult command = parsed.subcommand();
        CommandLine line = command.commandSpec().commandLine();
        Subcommand subcommand = SUBCOMMANDS.get(command.commandSpec().name());
        if (subcommand == null) {
            throw new ParameterException(root, "which command?");
        }
        try {
            return subcommand
                    .factory()
                    .of(command, new Terminal(line.getOut(), line.getErr(), in, watched))
                    .run();
        } catch (ParameterException e) {
            throw e;
        } catch (Exception e) {
            throw new CommandLine.ExecutionException(line, String.valueOf(e.getMessage()), e);
        }
    }
}
