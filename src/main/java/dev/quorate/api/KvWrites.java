package dev.quorate.api;

import dev.quorate.replica.HostedReplicas;
import dev.quorate.replica.Replica;
import dev.quorate.replica.WriteRequest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/** Writes of the resource API, done where the leader is, and again where that is safe. */
@Singleton
final class KvWrites {
    private final HostedReplicas hosted;
    private final Forwarder forwarder;
    private final AtLeader atLeader;

    KvWrites(HostedReplicas hosted, Forwarder forwarder, AtLeader atLeader) {
        this.hosted = hosted;
        this.forwarder = forwarder;
        this.atLeader = atLeader;
    }

    /** A put or a delete. */
    Uni<Response> one(KvWrite write, HttpServerResponse http, @Nullable String forwardedBy) {
        String key = write.operation().key();
        return hosted.intake()
                .admit(
                        write.sizeBytes(),
                        () -> atLeader.call(
                                left -> here(write.within(left).request(), key, http),
                                (leader, left) -> forwarder.one(leader, write.within(left), forwardedBy),
                                write.terms().timeout(),
                                forwardedBy,
                                write.terms().idempotencyKey() != null));
    }

    /** A batch. */
    Uni<Response> batch(KvBatch batch, HttpServerResponse http, @Nullable String forwardedBy) {
        return hosted.intake()
                .admit(
                        batch.body().length,
                        () -> atLeader.call(
                                left -> here(batch.within(left).request(), null, http),
                                (leader, left) -> forwarder.batch(leader, batch.within(left), forwardedBy),
                                batch.terms().timeout(),
                                forwardedBy,
                                batch.terms().idempotencyKey() != null));
    }

    private Uni<Response> here(WriteRequest request, @Nullable String key, HttpServerResponse http) {
        Replica leader = hosted.asked();
        return leader.write(request).map(receipt -> Receipts.of(receipt, key, leader.id(), hosted, http));
    }
}
