package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.KeyPage;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keys in order, a page at a time, each page at the level that is asked for. */
@Path("kv")
public final class KvPageResource {
    private final HostedReplicas hosted;
    private final Forwarder forwarder;
    private final AtLeader atLeader;

    KvPageResource(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader) {
        this.hosted = hosted;
        this.forwarder = forwarder;
        this.atLeader = atLeader;
    }

    /** A page. */
    @GET
    public Uni<Response> page(
            @Context HttpServerRequest request, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        KvPage page = KvPage.of(request, hosted);
        HttpServerResponse http = request.response();
        if (page.level() != KvRead.Level.LOCAL) {
            return atLeader.call(
                    left -> here(page.within(left), http),
                    (leader, left) -> forwarder.page(leader, page.within(left), forwardedBy),
                    page.timeout(),
                    forwardedBy);
        }
        return page.replica() < 0 || hosted.hosted(page.replica()).isPresent()
                ? here(page, http)
                : forwarder.page(page.replica(), page, forwardedBy);
    }

    private Uni<Response> here(KvPage page, HttpServerResponse http) {
        Replica replica = hosted.hosted(page.replica()).orElseGet(hosted::asked);
        Position position = page.position();
        Function<Position, Uni<? extends KeyPage>> then = reached -> made(page, replica);
        Uni<KeyPage> made = position == null
                ? made(page, replica)
                : replica.reads().reached(position, page.timeout()).onItem().transformToUni(then);
        // Off the loop: a page's JSON takes longer than the page.
        return made.emitOn(Infrastructure.getDefaultWorkerPool())
                .map(done -> Answers.page(done, page.range().after() == null, page.values(), http));
    }

    private static Uni<KeyPage> made(KvPage page, Replica replica) {
        return switch (page.level()) {
            case LINEARIZABLE -> replica.reads().pageLinearizable(page.range(), page.timeout());
            case LEADER -> replica.reads().pageNewest(page.range());
            case LOCAL -> replica.reads().pageLocal(page.range());
            case QUORUM, REPAIR -> throw new IllegalStateException(page.level() + " is not taken");
        };
    }
}
