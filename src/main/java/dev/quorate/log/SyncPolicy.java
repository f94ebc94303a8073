package dev.quorate.log;

/** When an entry counts as being on stable storage. */
public enum SyncPolicy {
    /** After a sync of the file. */
    ALWAYS,
    /** Once written; a sync follows within the interval. One power failure can undo what was acknowledged. */
    INTERVAL
}
