/**
 * The subcommands of the program: plain picocli, no server started, no data directory touched unless a command says so.
 * A command speaks to a running set over HTTP as any client does, or reads files that no server has open.
 * It shares no state with a server, and uses nothing of the framework, so that it starts in a blink.
 * It knows {@code history}, {@code log}, {@code store} and the words of {@code protocol}.
 * Entered by the program's main class alone.
 */
@NullMarked
package dev.quorate.cli;

import org.jspecify.annotations.NullMarked;
