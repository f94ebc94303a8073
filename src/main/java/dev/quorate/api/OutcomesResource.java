package dev.quorate.api;

import dev.quorate.protocol.Position;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.OptionalInt;

/** What became of a write whose answer was lost, or came before its fate was known. */
@Path("cluster/outcomes")
@Produces({MediaType.APPLICATION_JSON, Problem.MEDIA_TYPE})
public final class OutcomesResource {
    private final HostedReplicas hosted;

    OutcomesResource(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /**
     * An answer.
     *
     * @param version what was asked for
     * @param outcome {@code committed}, {@code pending}, {@code discarded} or {@code unknown}
     * @param replica who says so
     */
    public record Told(String version, String outcome, int replica) {}

    /** What the replica asked knows of it. */
    @GET
    @Path("{version}")
    public Uni<Told> outcome(@PathParam("version") String version, @Context HttpServerRequest request) {
        OptionalInt asked = HostedHere.asked(Query.of(request.query()), hosted);
        Replica replica = asked.isPresent() ? hosted.hosted(asked.getAsInt()).orElseThrow() : hosted.asked();
        Position position = position(version);
        return replica.reads()
                .outcome(position)
                .map(outcome -> new Told(position.toString(), outcome.label(), replica.id()));
    }

    private static Position position(String text) {
        try {
            Position position = Position.parse(text);
            if (position.term() > 0 && position.index() > 0) {
                return position;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw Problem.badRequest("version", "must be the version of a write, such as 3.42");
    }
}
