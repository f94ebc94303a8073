package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.KeyPage;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
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
    private final AnswerRoom room;

    KvPageResource(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader, AnswerRoom room) {
        this.room = room;
        this.hosted = hosted;
        this.forwarder = forwarder;
        this.atLeader = atLeader;
    }

    /** A page. */
    @GET
    public Uni<Response> page(
            @Context RoutingContext context, @HeaderParam(Forwarder.FORWARDED) @Nullable String forwardedBy) {
        KvPage page = KvPage.of(context.request(), hosted);
        HttpServerResponse http = context.response();
        AnswerRoom.Place place = room.place(context);
        if (page.level() != KvRead.Level.LOCAL) {
            return atLeader.call(
                    left -> here(page.within(left), place, http),
                    (leader, left) -> there(leader, page.within(left), forwardedBy, place, http),
                    page.timeout(),
                    forwardedBy);
        }
        return page.replica() < 0 || hosted.hosted(page.replica()).isPresent()
                ? here(page, place, http)
                : there(page.replica(), page, forwardedBy, place, http);
    }

    private Uni<Response> there(
            int replica, KvPage page, @Nullable String forwardedBy, AnswerRoom.Place place, HttpServerResponse http) {
        return forwarder.page(replica, page, forwardedBy).map(made -> place.admit(made, http));
    }

    private Uni<Response> here(KvPage page, AnswerRoom.Place place, HttpServerResponse http) {
        Replica replica = hosted.hosted(page.replica()).orElseGet(hosted::asked);
        Position position = page.position();
        Function<Position, Uni<? extends KeyPage>> then = reached -> made(page, replica);
        Uni<KeyPage> made = position == null
                ? made(page, replica)
                : replica.reads().reached(position, page.timeout()).onItem().transformToUni(then);
        // Off the loop: a page's JSON takes longer than the page.
        return made.invoke(done -> place.hold(sizeBytes(done, page.values())))
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .map(done -> place.admit(Answers.page(done, page.range().after() == null, page.values(), http), http));
    }

    /** About what it takes while it becomes JSON. */
    private static long sizeBytes(KeyPage page, boolean values) {
        return page.records().stream()
                .mapToLong(stored -> 2L * (stored.key().length() + (values ? stored.value().length : 0)))
                .sum();
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
