package dev.quorate.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line. Commands are built by hand, not from annotations: a native image need not know of any. */
public final class Cli {
    /** All is well. */
    static final int OK = 0;
    /** What was checked is violated. */
    static final int VIOLATED = 1;
    /** The command line is wrong; picocli's own. */
    static final int USAGE = 2;
    /** The command could not do its work. */
    static final int FAILED = 3;

    private Cli() {}

    /** Whether there is a command to run, and no server. */
    public static boolean takes(String... args) {
        return args.length > 0 && !args[0].equals("serve");
    }

    /** Runs a command; returns the code to exit with. */
    public static int run(String... args) {
        return commandLine().execute(args);
    }

    static CommandLine commandLine() {
        CommandSpec root = CommandSpec.create()
                .name("java -jar quarkus-run.jar")
                .addOption(help())
                .addSubcommand("check", CheckCommand.spec())
                .addSubcommand("recover", RecoverCommand.spec());
        root.usageMessage()
                .description("Quorate, a leader-based replicated key-value store.")
                .footer("", "Without a command, or with `serve`, the store's server starts.");
        return new CommandLine(root)
                .setExecutionStrategy(Cli::execute)
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

    private static int execute(ParseResult parsed) throws CommandLine.ExecutionException {
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
        try {
            return command.commandSpec().name().equals("recover")
                    ? RecoverCommand.of(command, line.getOut()).run()
                    : new CheckCommand(CheckOptions.of(command), line.getOut()).run();
        } catch (ParameterException e) {
            throw e;
        } catch (Exception e) {
            throw new CommandLine.ExecutionException(line, String.valueOf(e.getMessage()), e);
        }
    }
}
