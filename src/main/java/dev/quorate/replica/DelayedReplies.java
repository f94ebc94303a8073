package dev.quorate.replica;

import dev.quorate.protocol.Message;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;

/** A follower's answers that wait for its own sync. Loop thread only. */
final class DelayedReplies {
    private final ArrayDeque<Reply> waiting = new ArrayDeque<>();

    private record Reply(long syncedIndex, Message response, UniEmitter<? super Message> emitter) {}

    void add(long syncedIndex, Message response, UniEmitter<? super Message> emitter) {
        waiting.add(new Reply(syncedIndex, response, emitter));
    }

    /** Entries from there on were taken back: those who sent them are no longer promised anything. */
    void truncatedFrom(long index) {
        waiting.removeIf(reply -> {
            boolean gone = reply.syncedIndex >= index;
            if (gone) {
                reply.emitter.fail(new ReplicaException.Unavailable("another leader's entries took their place"));
            }
            return gone;
        });
    }

    void release(long syncedIndex) {
        Reply reply;
        while ((reply = waiting.peek()) != null && reply.syncedIndex <= syncedIndex) {
            waiting.poll();
            reply.emitter.complete(reply.response);
        }
    }

    /** No sync will come any more: the leader hears that this replica stopped, and not nothing. */
    void abandon() {
        waiting.forEach(reply -> reply.emitter.fail(new ReplicaException.Unavailable("the replica stopped")));
        waiting.clear();
    }
}
