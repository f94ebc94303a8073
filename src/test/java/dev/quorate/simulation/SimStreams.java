package dev.quorate.simulation;

import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.ReplicaCore;
import org.jspecify.annotations.Nullable;

/** The requests of a leader's streams that have no answer yet; gone with a crash. */
final class SimStreams {
    private final @Nullable Message[] unanswered;

    SimStreams(int replicas) {
        this.unanswered = new Message[replicas];
    }

    void clear() {
        for (int other = 0; other < unanswered.length; other++) {
            unanswered[other] = null;
        }
    }

    void sent(Message message) {
        if (message instanceof AppendRequest || message instanceof InstallRequest) {
            unanswered[message.to()] = message;
        }
    }

    void answered(Message message, long term) {
        Message request = unanswered[message.from()];
        boolean toAppend = message instanceof AppendResponse append
                && request instanceof AppendRequest asked
                && asked.sequence() == append.sequence();
        boolean toPart = message instanceof InstallResponse install
                && request instanceof InstallRequest part
                && part.sequence() == install.sequence();
        if ((toAppend || toPart) && message.term() == term) {
            unanswered[message.from()] = null;
        }
    }

    /** It got no answer in time, though one may still come. */
    void fail(int follower, ReplicaCore core) {
        Message request = unanswered[follower];
        unanswered[follower] = null;
        if (request instanceof AppendRequest append) {
            core.appendFailed(append);
        } else if (request instanceof InstallRequest install) {
            core.installFailed(install);
        }
    }
}
