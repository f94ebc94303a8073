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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What became of a write whose answer was lost, or came before its fate was known. */
@Path("cluster/outcomes")
@Produces({MediaType.APPLICATION_JSON, Problem.MEDIA_TYPE})
@Tag(name = "cluster", description = "The replica set")
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
    @Operation(
            summary = "What became of a write, by its version",
            description =
                    "committed: it is there for good. pending: it is in the log of the replica asked, and a failover"
                            + " may still remove it. discarded: a failover has removed it. unknown: the log of the replica asked is"
                            + " not that far; another replica, or a later call, may tell.")
    @Parameter(
            name = "replica",
            in = ParameterIn.QUERY,
            description = "which replica of the process asked is to tell",
            schema = @Schema(implementation = Integer.class))
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
