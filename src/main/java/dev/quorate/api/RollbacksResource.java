package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import dev.quorate.replica.Rollback;
import dev.quorate.replica.Rollbacks;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The writes that failovers took from the logs of the replicas that the process asked hosts: each process answers for its
 * own alone, from the files in their directories, so that a restart forgets none. Values are not shown.
 */
@Path("cluster/rollbacks")
@Produces(MediaType.APPLICATION_JSON)
public final class RollbacksResource {
    private static final int DEFAULT_LIMIT = 100;
    private static final int LARGEST_LIMIT = 1_000;

    private final HostedReplicas hosted;

    RollbacksResource(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    /**
     * The list.
     *
     * @param rollbacks the last saved first
     * @param more whether there are older ones
     * @param unreadable a sentence for each file that is damaged
     */
    public record Listed(List<Lost> rollbacks, boolean more, List<String> unreadable) {}

    /**
     * A write that left a log.
     *
     * @param key what it wrote
     * @param version its position, the {@code ETag} of the record it made
     * @param operation {@code put} or {@code delete}
     * @param valueBytes size of the value; 0 for a delete
     * @param w how many replicas it was asked to have
     * @param state {@code removed}: it left this replica's log; {@code discarded}: others are committed in its place
     * @param replica whose log it left
     * @param savedAt wall clock of when it was saved; null where the file does not say
     */
    public record Lost(
            String key,
            String version,
            String operation,
            int valueBytes,
            int w,
            String state,
            int replica,
            @Nullable String savedAt) {}

    /** The newest of them. */
    @GET
    @Blocking
    public Listed rollbacks(@Context HttpServerRequest request) {
        Query query = Query.of(request.query());
        int asked = query.number("limit", RollbacksResource::outOfRange);
        int limit = asked < 0 ? DEFAULT_LIMIT : asked;
        if (limit == 0 || limit > LARGEST_LIMIT) {
            throw outOfRange();
        }
        OptionalInt only = HostedHere.asked(query, hosted);
        List<Rollback> found = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        for (Replica replica : hosted.hosted()) {
            if (only.isEmpty() || only.getAsInt() == replica.id()) {
                Rollbacks.Page page = page(replica, limit + 1);
                found.addAll(page.newest());
                unreadable.addAll(page.unreadable());
            }
        }
        found.sort(Comparator.comparingLong(Rollback::savedAtMs).reversed());
        List<Lost> newest =
                found.stream().limit(limit).map(RollbacksResource::lost).toList();
        return new Listed(newest, found.size() > limit, unreadable);
    }

    private static Rollbacks.Page page(Replica replica, int limit) {
        try {
            return replica.rollbacks().newest(limit);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Lost lost(Rollback write) {
        return new Lost(
                write.key(),
                write.version().toString(),
                write.delete() ? "delete" : "put",
                write.valueBytes(),
                write.w(),
                write.state().label(),
                write.replica(),
                write.savedAtMs() == 0 ? null : Times.iso(write.savedAtMs()));
    }

    private static Problem outOfRange() {
        return Problem.badRequest("limit", "must be 1.." + LARGEST_LIMIT);
    }
}
