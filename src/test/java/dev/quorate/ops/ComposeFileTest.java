package dev.quorate.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What three services that differ in a number only get wrong most easily: whose number, name, port and volume it is. */
class ComposeFileTest {

    private final JsonNode compose = read();

    @Test
    void everyMemberIsAServiceThatKnowsWhichItIs() {
        List<URI> members = Stream.of(
                        compose.at("/x-environment/QUORATE_MEMBERS").asText().split(",", -1))
                .map(URI::create)
                .toList();
        assertEquals(3, members.size());
        assertEquals(3, compose.at("/services").size());
        for (int id = 0; id < members.size(); id++) {
            JsonNode service = compose.at("/services/" + members.get(id).getHost());
            assertEquals(id, service.at("/environment/QUORATE_REPLICA_ID").asInt(-1));
            assertEquals(
                    "127.0.0.1:808" + id + ":" + members.get(id).getPort(),
                    service.at("/ports/0").asText());
        }
    }

    @Test
    void everyReplicaHasAVolumeOfItsOwnWhereItKeepsItsData() {
        String dataDir = compose.at("/x-environment/QUORATE_DATA_DIR").asText();
        Set<String> volumes = new HashSet<>();
        for (JsonNode service : compose.at("/services")) {
            assertEquals(1, service.at("/volumes").size());
            String[] mount = service.at("/volumes/0").asText().split(":", -1);
            assertEquals(dataDir, mount[1]);
            assertTrue(compose.at("/volumes").has(mount[0]), "a named volume outlives its container");
            volumes.add(mount[0]);
        }
        assertEquals(3, volumes.size());
    }

    @Test
    void aStopIsWaitedFor() {
        assertEquals("45s", compose.at("/x-replica/stop_grace_period").asText(), "as long as in Kubernetes");
    }

    private static JsonNode read() {
        try {
            return new ObjectMapper(new YAMLFactory())
                    .readTree(Path.of("docker", "compose.yaml").toFile());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
