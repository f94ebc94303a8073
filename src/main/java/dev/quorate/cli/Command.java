package dev.quorate.cli;

import java.io.IOException;

/** A subcommand whose command line was understood. */
interface Command {
    /** Does it; returns the code to exit with. */
    int run() throws IOException, InterruptedException;
}
