package dev.quorate.bench.bare;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What Quarkus REST alone can do on this machine: records in a map, nothing durable, nothing replicated. */
@Path("/record")
@NonBlocking
public final class BareResource {
    private final Map<String, Answer> records = new ConcurrentHashMap<>();

    /** The members that a write to Quorate has. */
    public record Body(String key, String value) {}

    /** The members, of the same lengths, that a record read from Quorate has. */
    public record Answer(String key, String value, String version, String timestamp) {}

    @GET
    public Answer read(@QueryParam("key") String key) {
        Answer answer = records.get(key);
        if (answer == null) {
            throw new NotFoundException();
        }
        return answer;
    }

    @POST
    public void write(Body body) {
        records.put(body.key(), new Answer(body.key(), body.value(), "1.1234567", "2026-01-01T00:00:00.000Z"));
    }
}
