package dev.quorate.replica;

import dev.quorate.protocol.Position;

/**
 * A write that a truncation took from a replica's log.
 *
 * @param replica whose log
 * @param key what it wrote or deleted
 * @param version its position, which named the record
 * @param delete whether it was a delete
 * @param valueBytes size of the value; 0 for a delete
 * @param w how many replicas it was asked to have
 * @param state what became of it
 * @param savedAtMs wall clock of when it was saved; 0 where the file does not say
 */
public record Rollback(
        int replica, String key, Position version, boolean delete, int valueBytes, int w, State state, long savedAtMs) {

    /** What became of it, with the word used in the log, in metrics and in JSON. */
    public enum State {
        /** It left this replica's log; a later leader may still bring it back. */
        REMOVED("removed"),
        /** The commit index has passed its place without it: it is lost for good. */
        DISCARDED("discarded"),
        /** A later leader had it, and it is committed: it was not lost. */
        RESTORED("restored");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** The word. */
        public String label() {
            return label;
        }
    }
}
