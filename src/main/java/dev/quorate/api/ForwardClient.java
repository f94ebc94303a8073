package dev.quorate.api;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** The public calls of another process, made in a client's stead. */
@Path("/")
interface ForwardClient {
    /** A write, its body as it came. */
    @POST
    @Path("{call}")
    @Consumes(MediaType.APPLICATION_JSON)
    Uni<RestResponse<byte[]>> write(
            @PathParam("call") String call,
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(Forwarder.TIME_LEFT) long millis,
            byte[] body);

    /** A request to hand leadership over, its body as it came. */
    @POST
    @Path("cluster/leader")
    @Consumes(MediaType.APPLICATION_JSON)
    Uni<RestResponse<byte[]>> transfer(@HeaderParam(Forwarder.FORWARDED) int by, byte[] body);

    /** A read. The client encodes the key, escapes in it included. */
    @GET
    @Path("{call}")
    Uni<RestResponse<byte[]>> read(
            @PathParam("call") String call,
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(Forwarder.TIME_LEFT) long millis,
            @QueryParam("key") String key,
            @QueryParam("replica") @Nullable Integer replica);

    /** A put of the resource API. The client encodes the key, slashes included. */
    @PUT
    @Path("kv/{key}")
    @Consumes(MediaType.WILDCARD)
    Uni<RestResponse<byte[]>> put(
            @PathParam("key") String key,
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String contentType,
            @HeaderParam(Forwarder.UNTYPED) @Nullable String untyped,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch,
            @HeaderParam(WriteTerms.IDEMPOTENCY_KEY) @Nullable String idempotencyKey,
            @QueryParam("w") String w,
            @QueryParam("timeout") String timeout,
            @QueryParam("ttl") @Nullable String ttl,
            byte[] value);

    /** A delete of the resource API. */
    @DELETE
    @Path("kv/{key}")
    Uni<RestResponse<byte[]>> delete(
            @PathParam("key") String key,
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch,
            @HeaderParam(WriteTerms.IDEMPOTENCY_KEY) @Nullable String idempotencyKey,
            @QueryParam("w") String w,
            @QueryParam("timeout") String timeout);

    /** A batch of the resource API, its body as it came. */
    @POST
    @Path("kv/_batch")
    @Consumes(MediaType.APPLICATION_JSON)
    Uni<RestResponse<byte[]>> batch(
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(WriteTerms.IDEMPOTENCY_KEY) @Nullable String idempotencyKey,
            @QueryParam("w") String w,
            @QueryParam("timeout") String timeout,
            byte[] body);

    /** A page of keys. */
    @GET
    @Path("kv")
    Uni<RestResponse<byte[]>> page(
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(Answers.POSITION) @Nullable String position,
            @QueryParam("prefix") String prefix,
            @QueryParam("after") @Nullable String after,
            @QueryParam("limit") int limit,
            @QueryParam("values") boolean values,
            @QueryParam("read") String level,
            @QueryParam("replica") @Nullable Integer replica,
            @QueryParam("timeout") String timeout);

    /** A read of the resource API. */
    @GET
    @Path("kv/{key}")
    Uni<RestResponse<byte[]>> get(
            @PathParam("key") String key,
            @HeaderParam(Forwarder.FORWARDED) int by,
            @HeaderParam(Answers.POSITION) @Nullable String position,
            @QueryParam("read") String level,
            @QueryParam("replica") @Nullable Integer replica,
            @QueryParam("maxStaleness") @Nullable String maxStaleness,
            @QueryParam("timeout") String timeout,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch);
}
