package dev.quorate.protocol;

/** Something the core tells of itself; it never logs. The shell writes one line an event. */
public sealed interface CoreEvent {
    /** The replica took a role in a term. */
    record RoleChanged(Role role, long term, Reason reason) implements CoreEvent {}

    /** Entries from an index on were found to be another history's and leave the log. */
    record Truncated(long fromIndex, long lastIndex, long term) implements CoreEvent {}

    /** A follower acknowledged entries up to an index. */
    record FollowerAdvanced(int follower, long fromIndex, long matchIndex) implements CoreEvent {}

    /** A follower lacks entries that the log no longer keeps: it gets a snapshot. */
    record InstallStarted(int follower, Position snapshot) implements CoreEvent {}

    /** This replica took a leader's snapshot in place of its log, which ended at an index. */
    record Installed(Position snapshot, long lastIndexBefore, int leader) implements CoreEvent {}

    /** A follower's log is another history's at that place; an earlier one is tried. */
    record FollowerConflict(int follower, long nextIndex) implements CoreEvent {}

    /**
     * A vote was asked for.
     *
     * @param why what spoke against it; empty where it was granted
     */
    record VoteAnswered(int candidate, long term, boolean granted, String why) implements CoreEvent {}

    /** A leader prepares to hand over. */
    record TransferStarted(int target, long term, Reason reason) implements CoreEvent {}

    /** A leader did not get rid of its office in time and takes writes again. */
    record TransferGivenUp(int target, long term) implements CoreEvent {}

    /** A leader heard of a replica whose directory is new. */
    record JoinerHeard(int replica, long incarnation) implements CoreEvent {}

    /** This replica counts from now on. */
    record Admitted(long incarnation, long term) implements CoreEvent {}

    /** A message was not taken, and why. */
    record MessageIgnored(Message message, String why) implements CoreEvent {}
}
