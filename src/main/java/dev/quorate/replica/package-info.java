/**
 * The shell: one single-writer loop a replica that feeds the core, the log and the store, in that order of trust.
 * Others put work in its queue and hear of the result in a {@code Uni} or {@code Multi}; nobody else touches its state.
 * Here live the replicas this process hosts, the waits for acknowledgements, the read levels, and the port {@code Peers}.
 * It knows {@code protocol}, {@code log}, {@code store} and {@code config}, and no HTTP.
 * Entered by the edges: {@code api}, {@code peer}, {@code ops} and {@code lab}.
 */
@NullMarked
package dev.quorate.replica;

import org.jspecify.annotations.NullMarked;
