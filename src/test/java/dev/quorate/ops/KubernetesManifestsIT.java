package dev.quorate.ops;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What {@code package} leaves in {@code target/kubernetes/kubernetes.yml}, promise by promise. It is put together from
 * properties and from {@code src/main/kubernetes}; only the result is what a cluster gets, so only the result is read.
 */
class KubernetesManifestsIT {

    private static final String LABEL = "app.kubernetes.io/name";

    private static List<JsonNode> objects = List.of();
    private static Properties properties = new Properties();

    @BeforeAll
    static void readTheManifests() throws IOException {
        Path file = Path.of(System.getProperty("build.dir", "target"), "kubernetes", "kubernetes.yml");
        ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
        try (var documents = yaml.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
            objects = documents.readAll();
        }
        try (var in = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            properties.load(in);
        }
    }

    @Test
    void theObjectsAreTheseAndNoOthers() {
        List<String> found = objects.stream()
                .map(o -> text(o, "/kind") + " " + text(o, "/metadata/name"))
                .sorted()
                .toList();
        assertEquals(
                List.of(
                        "PodDisruptionBudget quorate",
                        "Service quorate",
                        "Service quorate-headless",
                        "StatefulSet quorate"),
                found,
                "an object of a kind that not every cluster knows would fail the whole apply");
    }

    @Test
    void threeReplicasStartAtOnce() {
        assertEquals(3, statefulSet().at("/spec/replicas").asInt());
        assertEquals("Parallel", text(statefulSet(), "/spec/podManagementPolicy"));
    }

    @Test
    void theServiceThatNamesThePodsIsTheHeadlessOne() {
        assertEquals("quorate-headless", text(statefulSet(), "/spec/serviceName"));
        JsonNode headless = object("Service", "quorate-headless");
        assertEquals("None", text(headless, "/spec/clusterIP"));
        assertTrue(headless.at("/spec/publishNotReadyAddresses").asBoolean(), "peers are needed to become ready");
    }

    @Test
    void everyMemberIsAPodByItsNameInTheHeadlessService() {
        String service = text(statefulSet(), "/spec/serviceName");
        int port = container().at("/ports/0/containerPort").asInt();
        List<String> expected = IntStream.range(
                        0, statefulSet().at("/spec/replicas").asInt())
                .mapToObj(i -> "http://quorate-" + i + "." + service + ":" + port)
                .toList();
        List<String> members = Stream.of(text(env("QUORATE_MEMBERS"), "/value").split(",", -1))
                .map(member -> URI.create(member).toString())
                .toList();
        assertEquals(expected, members);
        assertEquals("http", text(container(), "/ports/0/name"));
    }

    @Test
    void aReplicaLearnsItsOrdinalFromThePodsName() {
        assertEquals("metadata.name", text(env("POD_NAME"), "/valueFrom/fieldRef/fieldPath"));
        assertEquals("prod,kubernetes", text(env("QUARKUS_PROFILE"), "/value"));
    }

    @Test
    void everySelectorFindsThePodsAndSurvivesAnUpgrade() {
        Map<String, String> labels = map(statefulSet().at("/spec/template/metadata/labels"));
        Map<String, String> selector = Map.of(LABEL, "quorate");
        assertEquals("quorate", labels.get(LABEL));
        assertAll(
                () -> assertEquals(selector, map(statefulSet().at("/spec/selector/matchLabels"))),
                () -> assertEquals(selector, map(object("Service", "quorate").at("/spec/selector"))),
                () -> assertEquals(
                        selector, map(object("Service", "quorate-headless").at("/spec/selector"))),
                () -> assertEquals(
                        selector, map(object("PodDisruptionBudget", "quorate").at("/spec/selector/matchLabels"))));
    }

    @Test
    void clientsHaveAServiceOfTheirOwn() {
        JsonNode service = object("Service", "quorate");
        assertEquals("ClusterIP", text(service, "/spec/type"));
        assertEquals(80, service.at("/spec/ports/0/port").asInt());
        assertEquals(
                container().at("/ports/0/containerPort").asInt(),
                service.at("/spec/ports/0/targetPort").asInt());
        assertFalse(service.at("/spec").has("publishNotReadyAddresses"), "clients go to those who are ready");
    }

    @Test
    void aDrainTakesOneReplicaAtATime() {
        assertEquals(
                1,
                object("PodDisruptionBudget", "quorate")
                        .at("/spec/maxUnavailable")
                        .asInt());
    }

    @Test
    void dataIsOnAVolumeOfThePodsOwn() {
        assertEquals("/data", text(env("QUORATE_DATA_DIR"), "/value"));
        assertEquals("/data", text(named(container().at("/volumeMounts"), "data"), "/mountPath"));
        JsonNode claims = statefulSet().at("/spec/volumeClaimTemplates");
        assertEquals(1, claims.size());
        assertEquals("data", text(claims, "/0/metadata/name"));
        assertEquals("ReadWriteOnce", text(claims, "/0/spec/accessModes/0"));
        assertFalse(text(claims, "/0/spec/resources/requests/storage").isEmpty());
        assertFalse(
                claims.at("/0/metadata").has("annotations"),
                "a claim template cannot be changed: a version in it would block the next apply");
    }

    @Test
    void nothingElseIsWritten() {
        assertTrue(container().at("/securityContext/readOnlyRootFilesystem").asBoolean());
        assertEquals("/tmp", text(named(container().at("/volumeMounts"), "tmp"), "/mountPath"));
        assertTrue(named(pod().at("/volumes"), "tmp").has("emptyDir"));
    }

    @Test
    void thePodHasNoRightsToSpare() {
        assertAll(
                () -> assertTrue(pod().at("/securityContext/runAsNonRoot").asBoolean()),
                () -> assertTrue(pod().at("/securityContext/runAsUser").asInt() > 0),
                () -> assertTrue(pod().at("/securityContext/fsGroup").asInt() > 0, "or the volume cannot be written"),
                () -> assertEquals("RuntimeDefault", text(pod(), "/securityContext/seccompProfile/type")),
                () -> assertEquals(List.of(false), values(container().at("/securityContext/allowPrivilegeEscalation"))),
                () -> assertEquals("ALL", text(container(), "/securityContext/capabilities/drop/0")),
                () -> assertEquals(List.of(false), values(pod().at("/automountServiceAccountToken"))));
    }

    @Test
    void replicasKeepApartWhereTheyCan() {
        JsonNode apart = pod().at("/affinity/podAntiAffinity");
        assertFalse(apart.has("requiredDuringSchedulingIgnoredDuringExecution"), "one node must do for a try");
        JsonNode wish = apart.at("/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm");
        assertEquals("kubernetes.io/hostname", text(wish, "/topologyKey"));
        assertEquals(Map.of(LABEL, "quorate"), map(wish.at("/labelSelector/matchLabels")));
        JsonNode spread = pod().at("/topologySpreadConstraints/0");
        assertEquals("topology.kubernetes.io/zone", text(spread, "/topologyKey"));
        assertEquals("ScheduleAnyway", text(spread, "/whenUnsatisfiable"));
        assertEquals(Map.of(LABEL, "quorate"), map(spread.at("/labelSelector/matchLabels")));
    }

    @Test
    void theProbesAskTheRightQuestions() {
        for (var probe : Map.of(
                        "livenessProbe", "/q/health/live",
                        "readinessProbe", "/q/health/ready",
                        "startupProbe", "/q/health/started")
                .entrySet()) {
            JsonNode asked = container().at("/" + probe.getKey() + "/httpGet");
            assertEquals(probe.getValue(), text(asked, "/path"));
            assertEquals(
                    container().at("/ports/0/containerPort").asInt(),
                    asked.at("/port").asInt());
        }
        JsonNode start = container().at("/startupProbe");
        int patienceSeconds = start.at("/periodSeconds").asInt()
                * start.at("/failureThreshold").asInt();
        assertTrue(patienceSeconds >= 300, "a long log is read back within " + patienceSeconds + " s?");
    }

    @Test
    void nobodyIsKilledWhileStoppingInOrder() {
        Duration stop = seconds("quarkus.shutdown.timeout").plus(seconds("%kubernetes.quarkus.shutdown.delay"));
        Duration grace =
                Duration.ofSeconds(pod().at("/terminationGracePeriodSeconds").asInt());
        assertEquals(Duration.ofSeconds(45), grace);
        assertTrue(grace.compareTo(stop.plusSeconds(15)) >= 0, grace + " against " + stop + " and closing the log");
    }

    @Test
    void theDelayBeforeStoppingOutlastsReadiness() {
        assertEquals("true", properties.getProperty("quarkus.shutdown.delay-enabled"), "or the delay is ignored");
        long noticed = container().at("/readinessProbe/periodSeconds").asLong();
        assertTrue(seconds("%kubernetes.quarkus.shutdown.delay").toSeconds() >= noticed);
    }

    private static Duration seconds(String key) {
        return Duration.parse("PT" + properties.getProperty(key).toUpperCase(java.util.Locale.ROOT));
    }

    private static JsonNode statefulSet() {
        return object("StatefulSet", "quorate");
    }

    private static JsonNode pod() {
        return statefulSet().at("/spec/template/spec");
    }

    private static JsonNode container() {
        JsonNode containers = pod().at("/containers");
        assertEquals(1, containers.size());
        return named(containers, "quorate");
    }

    private static JsonNode env(String name) {
        return named(container().at("/env"), name);
    }

    private static JsonNode object(String kind, String name) {
        return only(
                objects.stream()
                        .filter(o -> text(o, "/kind").equals(kind)
                                && text(o, "/metadata/name").equals(name)),
                kind + " " + name);
    }

    private static JsonNode named(JsonNode list, String name) {
        return only(
                StreamSupport.stream(list.spliterator(), false)
                        .filter(o -> text(o, "/name").equals(name)),
                name);
    }

    private static JsonNode only(Stream<JsonNode> candidates, String what) {
        List<JsonNode> found = candidates.toList();
        assertEquals(1, found.size(), what);
        return found.get(0);
    }

    private static String text(JsonNode node, String pointer) {
        return node.at(pointer).asText();
    }

    private static Map<String, String> map(JsonNode node) {
        return node.properties().stream()
                .collect(toMap(Map.Entry::getKey, e -> e.getValue().asText()));
    }

    /** The value, or nothing where there is none: a missing {@code false} is not a {@code false}. */
    private static List<Object> values(JsonNode node) {
        List<Object> values = new ArrayList<>();
        if (node.isBoolean()) {
            values.add(node.asBoolean());
        }
        return values;
    }
}
