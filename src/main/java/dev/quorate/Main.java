package dev.quorate;

import dev.quorate.cli.Cli;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** The program: the store's server, unless the first argument is a subcommand. */
@QuarkusMain
public final class Main {
    private Main() {}

    /** Serves, or does what the subcommand says and exits with its code. */
    public static void main(String... args) {
        if (Cli.takes(args)) {
            System.exit(Cli.run(args));
        }
        Quarkus.run(args);
    }
}
