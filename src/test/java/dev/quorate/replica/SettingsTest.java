package dev.quorate.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.config.QuorateConfig;
import dev.quorate.log.SyncPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Defaults, and for every key the values just outside its range with the sentence that ends the start. */
class SettingsTest {
    private static final String THREE = "http://a:8080,http://b:8080,http://c:8080";

    @Test
    void aDefaultStartHostsThreeReplicasAndNeedsNoKey() {
        Settings settings = settings(Map.of());
        assertEquals(3, settings.replicas());
        assertEquals(List.of(0, 1, 2), settings.hosted());
        assertEquals(List.of(), settings.members());
        assertEquals(64 << 20, settings.wal().segmentSizeBytes());
        assertEquals(SyncPolicy.ALWAYS, settings.wal().sync());
        assertEquals(Duration.ofMillis(100), settings.heartbeatInterval());
        assertEquals(Duration.ofSeconds(2), settings.writeTimeout());
        assertEquals(1 << 20, settings.valueSizeBytes());
        assertEquals(Runtime.getRuntime().maxMemory() / 10 * 6 / 3, settings.storeSizeBytes());
    }

    @Test
    void membersMakeOneReplicaAProcess() {
        Settings settings = settings(Map.of("quorate.members", THREE + "/", "quorate.replica-id", "1"));
        assertEquals(3, settings.replicas());
        assertEquals(List.of(1), settings.hosted());
        assertEquals("http://c:8080", settings.members().get(2));
    }

    @Test
    void thePodsOrdinalIsTheReplicaIdUnlessOneIsSet() {
        assertEquals(
                List.of(2),
                settings(Map.of("quorate.members", THREE, "quorate.pod-name", "my-quorate-2"))
                        .hosted());
        assertEquals(
                List.of(0),
                settings(Map.of("quorate.members", THREE, "quorate.pod-name", "q-2", "quorate.replica-id", "0"))
                        .hosted());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "quorate.replicas|1",
                "quorate.replicas|9",
                "quorate.heartbeat-interval|10ms",
                "quorate.write-timeout|1ms",
                "quorate.read-timeout|60s",
                "quorate.wal.segment-size|64K",
                "quorate.wal.segment-size|1G",
                "quorate.wal.sync|interval",
                "quorate.limits.key-size|32767",
                "quorate.limits.value-size|4M",
                "quorate.limits.store-size|1K",
                "quorate.limits.uncommitted|64K",
                "quorate.election|none",
            })
    void whatIsJustInsideIsTaken(String key, String value) {
        assertTrue(settings(Map.of(key, value)).replicas() > 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "quorate.replicas|0|quorate.replicas is 0, but must be 1..9",
                "quorate.replicas|12|quorate.replicas is 12, but must be 1..9",
                "quorate.election|raft|quorate.election is raft, but must be auto or none",
                "quorate.heartbeat-interval|9ms|quorate.heartbeat-interval is 9ms, but must be 10ms..60000ms",
                "quorate.write-timeout|0ms|quorate.write-timeout is 0ms, but must be 1ms..60000ms",
                "quorate.read-timeout|61s|quorate.read-timeout is 61000ms, but must be 1ms..60000ms",
                "quorate.wal.segment-size|63K|quorate.wal.segment-size is 64512, but must be 65536..1073741824",
                "quorate.wal.segment-size|2G|quorate.wal.segment-size is 2147483648, but must be 65536..1073741824",
                "quorate.wal.sync|never|quorate.wal.sync is never, but must be always or interval",
                "quorate.wal.sync-interval|0ms|quorate.wal.sync-interval is 0ms, but must be 1ms..60000ms",
                "quorate.limits.key-size|0|quorate.limits.key-size is 0, but must be 1..32767",
                "quorate.limits.key-size|32768|quorate.limits.key-size is 32768, but must be 1..32767",
                "quorate.limits.value-size|8M|quorate.limits.value-size is 8388608, but must be 1..4194304",
                "quorate.limits.store-size|1|quorate.limits.store-size is 1, but must be 1024..1125899906842624",
                "quorate.limits.pending-writes|0|quorate.limits.pending-writes is 0, but must be 1..2147483647",
                "quorate.limits.uncommitted|1K|quorate.limits.uncommitted is 1024, but must be 65536..1099511627776",
            })
    void whatIsOutsideEndsTheStartWithOneSentence(String key, String value, String sentence) {
        assertEquals(sentence, refused(Map.of(key, value)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ftp://a:1|quorate.members is ftp://a:1, but must be base URLs such as http://host:8080",
                "a:8080|quorate.members is a:8080, but must be base URLs such as http://host:8080",
                "http:// a|quorate.members has http:// a, which is no URL: write http://host:8080,http://other:8080",
                "http://a,http://a/|quorate.members is http://a,http://a, but must be all different",
            })
    void membersAreDifferentHttpUrls(String members, String sentence) {
        assertEquals(sentence, refused(Map.of("quorate.members", members, "quorate.replica-id", "0")));
    }

    @Test
    void theReplicaIdIsOneOfTheMembers() {
        assertEquals(
                "quorate.replica-id is 3, but must be 0..2",
                refused(Map.of("quorate.members", THREE, "quorate.replica-id", "3")));
        assertEquals(
                "quorate.replica-id is -1, but must be 0..2",
                refused(Map.of("quorate.members", THREE, "quorate.replica-id", "-1")));
        assertEquals(
                "quorate.pod-name: the pod's ordinal is 3, but must be 0..2",
                refused(Map.of("quorate.members", THREE, "quorate.pod-name", "quorate-3")));
        String unset =
                "quorate.replica-id is not set, but quorate.members is: say which of the members this process is,"
                        + " 0..2";
        assertEquals(unset, refused(Map.of("quorate.members", THREE)));
        assertEquals(unset, refused(Map.of("quorate.members", THREE, "quorate.pod-name", "laptop")));
        assertEquals(unset, refused(Map.of("quorate.members", THREE, "quorate.pod-name", "q-99999999999999999999")));
    }

    private static @Nullable String refused(Map<String, String> properties) {
        return assertThrows(ConfigurationException.class, () -> settings(properties))
                .getMessage();
    }

    private static Settings settings(Map<String, String> properties) {
        QuorateConfig config = Configurations.of(new HashMap<>(properties));
        return Settings.of(config);
    }
}
