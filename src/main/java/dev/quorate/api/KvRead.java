package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Quorum;
import dev.quorate.replica.HostedReplicas;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A read of the resource API, checked.
 *
 * @param r of a quorum read, how many replicas are asked
 * @param replica of a local read, who is to answer; -1 for the one that was asked
 * @param maxStaleness how old what is shown may be, or null
 * @param position session token: what the answer has to reflect, or null
 * @param ifMatch the value is wanted if it is one of these, or null
 * @param ifNoneMatch the value is wanted if it is none of these, or null
 */
record KvRead(
        String key,
        Level level,
        int r,
        int replica,
        @Nullable Duration maxStaleness,
        @Nullable Position position,
        @Nullable EntityTags ifMatch,
        @Nullable EntityTags ifNoneMatch,
        Duration timeout) {
    private static final Duration OLDEST = Duration.ofHours(24);

    /** What an answer promises (protocol.md §4). */
    enum Level {
        /** The leader's newest record. */
        LEADER,
        /** The newest record that is committed when the leader, confirmed as such, answers. */
        LINEARIZABLE,
        /** What the replica asked has. */
        LOCAL,
        /** Of several replicas, what the one with the furthest log has. */
        QUORUM,
        /** The leader's newest record, after replicas that are behind were given it. */
        REPAIR;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Checks one.
     *
     * @throws Problem 400 that names the member
     */
    static KvRead of(String key, HttpServerRequest request, HostedReplicas hosted) {
        Query query = Query.of(request.query());
        Level level = level(query.optional("read"), List.of(Level.values()));
        int r = query.number("r", () -> noCount(hosted));
        if (r == 0 || r > hosted.replicas()) {
            throw noCount(hosted);
        }
        if (r > 0 && level != Level.QUORUM) {
            throw Problem.badRequest("r", "goes with read=quorum only");
        }
        return new KvRead(
                key,
                level,
                r < 0 ? Quorum.majority(hosted.replicas()) : r,
                replica(query, level, hosted),
                query.duration("maxStaleness", OLDEST, "24h"),
                position(request),
                EntityTags.of(HttpHeaders.IF_MATCH, request.headers().getAll(HttpHeaders.IF_MATCH)),
                EntityTags.of(HttpHeaders.IF_NONE_MATCH, request.headers().getAll(HttpHeaders.IF_NONE_MATCH)),
                query.duration("timeout", hosted.readTimeout()));
    }

    /** The same with that time-out. */
    KvRead within(Duration left) {
        return new KvRead(key, level, r, replica, maxStaleness, position, ifMatch, ifNoneMatch, left);
    }

    /** The same as a linearizable read. */
    KvRead linearizable() {
        return new KvRead(key, Level.LINEARIZABLE, r, -1, maxStaleness, position, ifMatch, ifNoneMatch, timeout);
    }

    /** Whether an answer is as fresh as was asked. A linearizable one is: all acknowledged before it was asked is in it. */
    boolean isMetBy(long stalenessMs) {
        return maxStaleness == null
                || level == Level.LINEARIZABLE
                || (stalenessMs >= 0 && stalenessMs <= maxStaleness.toMillis());
    }

    /**
     * Checks a level.
     *
     * @param text as it came, or null for the default
     * @param allowed those that the call takes
     */
    static Level level(@Nullable String text, List<Level> allowed) {
        for (Level level : allowed) {
            if (level.label().equals(text == null ? "linearizable" : text)) {
                return level;
            }
        }
        throw Problem.badRequest(
                "read",
                "must be one of "
                        + String.join(", ", allowed.stream().map(Level::label).toList()));
    }

    /** Checks the replica that a local read may name; -1 without one. */
    static int replica(Query query, Level level, HostedReplicas hosted) {
        int replica = query.number("replica", () -> noReplica(hosted));
        if (replica >= hosted.replicas()) {
            throw noReplica(hosted);
        }
        if (replica >= 0 && level != Level.LOCAL) {
            throw Problem.badRequest("replica", "goes with read=local only");
        }
        return replica;
    }

    /** Checks the session token; null without one. */
    static @Nullable Position position(HttpServerRequest request) {
        String token = request.getHeader(Answers.POSITION);
        try {
            return token == null ? null : Position.parse(token);
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest(Answers.POSITION, "must be a position that an answer carried, such as 3.42");
        }
    }

    private static Problem noCount(HostedReplicas hosted) {
        return Problem.badRequest("r", "must be 1.." + hosted.replicas()).with("replicas", hosted.replicas());
    }

    private static Problem noReplica(HostedReplicas hosted) {
        return Problem.badRequest("replica", "must be 0.." + (hosted.replicas() - 1))
                .with("replicas", hosted.replicas());
    }
}
