package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import java.util.OptionalInt;

/** The query parameter {@code replica} of calls that a process answers for the replicas it hosts only. */
final class HostedHere {
    private HostedHere() {}

    /**
     * The replica asked for, if one is.
     *
     * @throws Problem 400 if it is no replica, 404 with the URL of its process if it is not hosted here
     */
    static OptionalInt asked(Query query, HostedReplicas hosted) {
        int replica = query.number("replica", () -> outOfRange(hosted));
        if (replica < 0) {
            return OptionalInt.empty();
        }
        if (replica >= hosted.replicas()) {
            throw outOfRange(hosted);
        }
        if (hosted.hosted(replica).isEmpty()) {
            throw Problem.of(
                            ProblemType.NOT_HOSTED_HERE,
                            "ask the process of replica " + replica + " at " + hosted.url(replica))
                    .with("replica", replica)
                    .with("url", hosted.url(replica));
        }
        return OptionalInt.of(replica);
    }

    private static Problem outOfRange(HostedReplicas hosted) {
        return Problem.badRequest("replica", "must be 0.." + (hosted.replicas() - 1));
    }
}
