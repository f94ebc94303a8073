package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A read of the resource API, checked.
 *
 * @param replica of a local read, who is to answer; -1 for the one that was asked
 * @param position session token: what the answer has to reflect, or null
 */
record KvRead(
        String key, Level level, int replica, @Nullable Position position, Duration timeout) {
    /** What an answer promises (protocol.md §4). */
    enum Level {
        /** The leader's newest record. */
        LEADER,
        /** The newest record that is committed when the leader, confirmed as such, answers. */
        LINEARIZABLE,
        /** What the replica asked has. */
        LOCAL;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks one.
     *
     * @param token the header, or null
     * @throws Problem 400 that names the member
     */
    static KvRead of(String key, Query query, @Nullable String token, HostedReplicas hosted) {
        Level level = level(query.optional("read"));
        int replica = query.number("replica", () -> noReplica(hosted));
        if (replica >= hosted.replicas()) {
            throw noReplica(hosted);
        }
        if (replica >= 0 && level != Level.LOCAL) {
            throw Problem.badRequest("replica", "goes with read=local only");
        }
        return new KvRead(key, level, replica, position(token), query.duration("timeout", hosted.readTimeout()));
    }

    /** The same with that time-out. */
    KvRead within(Duration left) {
        return new KvRead(key, level, replica, position, left);
    }

    private static Level level(@Nullable String text) {
        return switch (text == null ? "linearizable" : text) {
            case "leader" -> Level.LEADER;
            case "linearizable" -> Level.LINEARIZABLE;
            case "local" -> Level.LOCAL;
            default -> throw Problem.badRequest("read", "must be linearizable, leader or local");
        };
    }

    private static @Nullable Position position(@Nullable String token) {
        try {
            return token == null ? null : Position.parse(token);
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest(Answers.POSITION, "must be a position that an answer carried, such as 3.42");
        }
    }

    private static Problem noReplica(HostedReplicas hosted) {
        return Problem.badRequest("replica", "must be 0.." + (hosted.replicas() - 1))
                .with("replicas", hosted.replicas());
    }
}
