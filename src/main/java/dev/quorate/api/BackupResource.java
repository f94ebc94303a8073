package dev.quorate.api;

import dev.quorate.replica.Backup;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The committed state of the set as of one entry: a snapshot, sent from its file. Whoever reads slowly, or not at all, holds
 * an open file and no memory, until the platform's idle time-out ({@code quarkus.http.idle-timeout}) ends the connection;
 * what was cut off lacks its trailer.
 */
@Path("cluster/backup")
public final class BackupResource {
    private final HostedReplicas hosted;
    private final Forwarder forwarder;

    BackupResource(HostedReplicas hosted, Forwarder forwarder) {
        this.hosted = hosted;
        this.forwarder = forwarder;
    }

    /** Writes a snapshot, unless nothing was committed since the last, and sends it. */
    @GET
    @Produces({MediaType.APPLICATION_OCTET_STREAM, Problem.MEDIA_TYPE})
    public Uni<Response> backup(
            @Context HttpServerRequest request, @HeaderParam("Quorate-Peer-Secret") @Nullable String secret) {
        if (!hosted.isOpenTo(secret)) {
            throw Problem.of(ProblemType.FORBIDDEN, "send quorate.peer.secret in the header Quorate-Peer-Secret");
        }
        OptionalInt named = HostedHere.asked(Query.of(request.query()), hosted);
        if (named.isPresent()) {
            return hosted.hosted(named.getAsInt())
                    .orElseThrow()
                    .snapshots()
                    .backup()
                    .map(BackupResource::answer);
        }
        int elsewhere = forwarder.leaderElsewhere();
        if (elsewhere >= 0) {
            URI leaders = URI.create(hosted.url(elsewhere) + "/cluster/backup");
            return Uni.createFrom().item(Response.temporaryRedirect(leaders).build());
        }
        Replica leader = hosted.asked();
        return leader.snapshots().backup().map(BackupResource::answer);
    }

    private static Response answer(Backup backup) {
        String name = "quorate-" + backup.position() + ".backup";
        return Response.ok(backup.file().toFile(), MediaType.APPLICATION_OCTET_STREAM_TYPE)
                .header("Quorate-Position", backup.position())
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + name + "\"")
                .build();
    }
}
