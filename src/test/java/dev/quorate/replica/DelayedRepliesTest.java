package dev.quorate.replica;

import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendResponse;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import org.junit.jupiter.api.Test;

/** An answer leaves when what it promises is synced, and not at all when that was taken back. */
class DelayedRepliesTest {
    private final DelayedReplies replies = new DelayedReplies();

    @Test
    void whatATruncationTookIsNotPromisedAndHoldsNothingBack() {
        UniAssertSubscriber<Message> kept = add(1, 5);
        UniAssertSubscriber<Message> old = add(1, 10);
        replies.truncatedFrom(6);
        UniAssertSubscriber<Message> fresh = add(2, 6);
        old.assertFailedWith(ReplicaException.Unavailable.class);
        replies.release(6);
        kept.assertCompleted();
        fresh.assertCompleted();
    }

    private UniAssertSubscriber<Message> add(long term, long index) {
        Message response = new AppendResponse(1, 0, term, 1, true, index, true);
        return Uni.createFrom()
                .<Message>emitter(emitter -> replies.add(index, response, emitter))
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());
    }
}
