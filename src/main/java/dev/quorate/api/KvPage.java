package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.KeyPage;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /kv} asks for, checked.
 *
 * @param level leader, linearizable or local
 * @param replica of a local page, who is to answer; -1 for the one that was asked
 * @param values whether values are shown
 * @param position session token: what the answer has to reflect, or null
 */
record KvPage(
        KeyPage.Range range,
        KvRead.Level level,
        int replica,
        boolean values,
        @Nullable Position position,
        Duration timeout) {
    private static final int DEFAULT_LIMIT = 100;
    private static final int LARGEST_LIMIT = 1_000;
    private static final long VALUE_BYTES = 1 << 20;
    private static final List<KvRead.Level> LEVELS =
            List.of(KvRead.Level.LINEARIZABLE, KvRead.Level.LEADER, KvRead.Level.LOCAL);

    /**
     * Checks one.
     *
     * @throws Problem 400 that names the member
     */
    static KvPage of(HttpServerRequest request, HostedReplicas hosted) {
        Query query = Query.of(request.query());
        KvRead.Level level = KvRead.level(query.optional("read"), LEVELS);
        if (query.optional("maxStaleness") != null) {
            throw Problem.badRequest("maxStaleness", "goes with the read of one key only");
        }
        int limit = query.number("limit", KvPage::noLimit);
        if (limit == 0 || limit > LARGEST_LIMIT) {
            throw noLimit();
        }
        String prefix = query.optional("prefix");
        boolean values = values(query.optional("values"));
        KeyPage.Range range = new KeyPage.Range(
                prefix == null ? "" : prefix,
                query.optional("after"),
                limit < 0 ? DEFAULT_LIMIT : limit,
                values ? VALUE_BYTES : Long.MAX_VALUE);
        return new KvPage(
                range,
                level,
                KvRead.replica(query, level, hosted),
                values,
                KvRead.position(request),
                query.duration("timeout", hosted.readTimeout()));
    }

    /** The same with that time-out. */
    KvPage within(Duration left) {
        return new KvPage(range, level, replica, values, position, left);
    }

    private static boolean values(@Nullable String text) {
        if (text != null && !text.equals("true") && !text.equals("false")) {
            throw Problem.badRequest("values", "must be true or false");
        }
        return !"false".equals(text);
    }

    private static Problem noLimit() {
        return Problem.badRequest("limit", "must be 1.." + LARGEST_LIMIT);
    }
}
