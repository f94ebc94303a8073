package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.ReadResult;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Has a read answered at its level (protocol.md §4): here, by the process of the replica that was named, or by the
 * leader. What is older than the read allows is asked of the leader, as a linearizable read.
 */
@Singleton
final class KvReads {
    private final HostedReplicas hosted;
    private final Forwarder forwarder;
    private final AtLeader atLeader;

    KvReads(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader) {
        this.hosted = hosted;
        this.forwarder = forwarder;
        this.atLeader = atLeader;
    }

    /** @param forwardedBy who passed the call on to here, or null */
    Uni<Response> get(KvRead read, HttpServerResponse http, @Nullable String forwardedBy) {
        return switch (read.level()) {
            case LOCAL -> local(read, http, forwardedBy);
            case QUORUM -> here(read, http, forwardedBy);
            case LEADER, LINEARIZABLE, REPAIR -> leaders(read, http, forwardedBy);
        };
    }

    private Uni<Response> local(KvRead read, HttpServerResponse http, @Nullable String forwardedBy) {
        if (read.replica() < 0 || hosted.hosted(read.replica()).isPresent()) {
            return here(read, http, forwardedBy);
        }
        Function<Response, Uni<? extends Response>> then = answer -> isTooStale(answer)
                ? leaders(read.linearizable(), http, forwardedBy)
                : Uni.createFrom().item(answer);
        return forwarder.get(read.replica(), read, forwardedBy).onItem().transformToUni(then);
    }

    private Uni<Response> leaders(KvRead read, HttpServerResponse http, @Nullable String forwardedBy) {
        return atLeader.call(
                left -> here(read.within(left), http, forwardedBy),
                (leader, left) -> forwarder.get(leader, read.within(left), forwardedBy),
                read.timeout(),
                forwardedBy);
    }

    private Uni<Response> here(KvRead read, HttpServerResponse http, @Nullable String forwardedBy) {
        Replica replica = hosted.hosted(read.replica()).orElseGet(hosted::asked);
        Function<ReadResult, Uni<? extends Response>> then = result -> {
            if (read.isMetBy(result.stalenessMs())) {
                return Uni.createFrom().item(() -> Answers.raw(result, read, http));
            }
            return forwardedBy == null
                    ? leaders(read.linearizable(), http, null)
                    : Uni.createFrom().item(() -> tooStale(result).response());
        };
        return read(read, replica).onItem().transformToUni(then);
    }

    private static Uni<ReadResult> read(KvRead read, Replica replica) {
        Position position = read.position();
        if (position == null) {
            return answer(read, replica);
        }
        Function<Position, Uni<? extends ReadResult>> then = reached -> answer(read, replica);
        return replica.reads()
                .reached(position, read.timeout())
                .onItem()
                .transformToUni(then)
                .map(result -> result.atLeast(position));
    }

    private static Uni<ReadResult> answer(KvRead read, Replica replica) {
        return switch (read.level()) {
            case LEADER -> Uni.createFrom().item(() -> replica.reads().newest(read.key()));
            case LINEARIZABLE -> replica.reads().linearizable(read.key(), read.timeout());
            case LOCAL -> Uni.createFrom().item(() -> replica.reads().local(read.key()));
            case QUORUM -> replica.reads().quorum(read.key(), read.r(), read.timeout());
            case REPAIR -> replica.reads().withRepair(read.key(), read.timeout());
        };
    }

    /** For the process that passed the call on, which asks the leader then. */
    private static Problem tooStale(ReadResult result) {
        return Problem.of(
                        ProblemType.TOO_STALE,
                        "replica " + result.replica() + " cannot say that it is as fresh as maxStaleness")
                .with("outcome", "none")
                .with("stalenessMs", result.stalenessMs() < 0 ? null : result.stalenessMs())
                .header(HttpHeaders.RETRY_AFTER, "1");
    }

    private static boolean isTooStale(Response answer) {
        return answer.getStatus() == 503
                && answer.getEntity() instanceof byte[] body
                && new String(body, StandardCharsets.UTF_8).contains(ProblemType.TOO_STALE.urn() + "\"");
    }
}
