package dev.quorate.peer;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/**
 * A secret, and a directory of its own, as no other test's replicas may be met here. Connections are idle soon.
 */
public final class WithSecret implements QuarkusTestProfile {
    /** The secret. */
    public static final String SECRET = "s3cret";

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of("quorate.peer.secret", SECRET, "quarkus.http.idle-timeout", "3s");
    }
}
