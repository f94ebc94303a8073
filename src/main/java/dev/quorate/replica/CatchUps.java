package dev.quorate.replica;

import java.util.HashMap;
import java.util.Map;

/**
 * Which followers are catching up, as their leader sees it: those that were found far behind, and those that missed
 * something while they were away. One episode has one begin and one end. Loop thread only.
 */
final class CatchUps {
    /** More than what is on its way in a busy set that is well. */
    static final long FAR_BEHIND = 1_000;

    /** Much less than {@link #FAR_BEHIND}, so that a follower near it is not told of again and again. */
    static final long CLOSE = 100;

    private final Map<Integer, Episode> running = new HashMap<>();
    private final Map<Integer, Long> returned = new HashMap<>();
    private final Listener listener;

    CatchUps(Listener listener) {
        this.listener = listener;
    }

    /** Told of begin and end. */
    interface Listener {
        void started(int follower, long entries, boolean wasAway);

        void caughtUp(int follower, long entries, long tookMs);
    }

    private record Episode(long fromIndex, long target, long startNanos) {}

    /** A follower answers again, when the leader's log ends there. */
    void back(int follower, long leadersLastIndex) {
        returned.put(follower, leadersLastIndex);
    }

    /** A follower's match index moved. */
    void advanced(int follower, long fromIndex, long matchIndex, long leadersLastIndex) {
        long awayUntil = returned.getOrDefault(follower, 0L);
        returned.remove(follower);
        if (!running.containsKey(follower)) {
            boolean far = leadersLastIndex - fromIndex > FAR_BEHIND;
            if (!far && awayUntil <= fromIndex) {
                return;
            }
            long target = far ? leadersLastIndex : awayUntil;
            running.put(follower, new Episode(fromIndex, target, System.nanoTime()));
            listener.started(follower, target - fromIndex, awayUntil > 0);
        }
        Episode episode = running.get(follower);
        if (episode != null && matchIndex >= episode.target && leadersLastIndex - matchIndex <= CLOSE) {
            running.remove(follower);
            long tookMs = (System.nanoTime() - episode.startNanos) / 1_000_000;
            listener.caughtUp(follower, matchIndex - episode.fromIndex, tookMs);
        }
    }

    /** This replica does not lead any more, or leads anew: who is behind whom begins again. */
    void clear() {
        running.clear();
        returned.clear();
    }
}
