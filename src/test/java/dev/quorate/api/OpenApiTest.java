package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.api.Contract.Call;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.ws.rs.HttpMethod;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The OpenAPI document and the code say the same, in both directions, and the document agrees with itself. That answers are
 * as it says is {@link ContractFilter}'s to check.
 */
@QuarkusTest
class OpenApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Contract CONTRACT = Contract.ofResource();

    @Test
    void whatIsServedIsTheDocument() throws IOException {
        Contract served = Contract.of(JSON.readTree(given().queryParam("format", "json")
                .get("/q/openapi")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray()));
        List<String> differences = new ArrayList<>();
        for (String part : List.of("paths", "components")) {
            compare(part, CONTRACT.document().path(part), served.document().path(part), differences);
        }
        assertEquals(List.of(), differences);
    }

    private static void compare(String at, JsonNode expected, JsonNode actual, List<String> differences) {
        if (expected.isObject() && actual.isObject()) {
            Set<String> names = new TreeSet<>();
            expected.fieldNames().forEachRemaining(names::add);
            actual.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> compare(at + "/" + name, expected.path(name), actual.path(name), differences));
        } else if (!expected.equals(actual)) {
            differences.add(at + ": " + expected + " is served as " + actual);
        }
    }

    @Test
    void everyCallIsDescribedAndNoOther() throws IOException, ReflectiveOperationException {
        Set<String> described = CONTRACT.calls().stream()
                .filter(call -> !call.path().startsWith("/q/"))
                .map(Call::toString)
                .collect(toCollection(TreeSet::new));
        Set<String> answered = new TreeSet<>();
        for (Class<?> resource : resources()) {
            for (Method method : resource.getMethods()) {
                answered.addAll(calls(resource, method));
            }
        }
        assertTrue(answered.remove("POST /kv/{key}"), "it takes one key only, which is a path of its own");
        answered.add("POST /kv/_batch");
        assertEquals(answered, described);
    }

    private static List<Class<?>> resources() throws IOException, ReflectiveOperationException {
        Path classes = Path.of(System.getProperty("build.dir", "target"), "classes/dev/quorate/api");
        List<Class<?>> resources = new ArrayList<>();
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.toList()) {
                String name = "dev.quorate.api." + file.getFileName().toString().replace(".class", "");
                Class<?> known = Class.forName(name, false, OpenApiTest.class.getClassLoader());
                if (known.isAnnotationPresent(jakarta.ws.rs.Path.class) && !known.isInterface()) {
                    resources.add(known);
                }
            }
        }
        return resources;
    }

    private static List<String> calls(Class<?> resource, Method method) {
        String path = (path(resource) + path(method)).replaceAll(": [^}]*", "");
        return Arrays.stream(method.getAnnotations())
                .map(annotation -> annotation.annotationType().getAnnotation(HttpMethod.class))
                .filter(verb -> verb != null)
                .map(verb -> verb.value() + " " + path)
                .toList();
    }

    private static String path(AnnotatedElement annotated) {
        jakarta.ws.rs.Path annotation = annotated.getAnnotation(jakarta.ws.rs.Path.class);
        String path = annotation == null ? "" : annotation.value().replaceAll("^/|/$", "");
        return path.isEmpty() ? "" : "/" + path;
    }

    @Test
    void aRefusedMethodIsToldWhichThereAre() {
        for (Call call : CONTRACT.calls()) {
            if (!call.path().startsWith("/q/")) {
                Set<String> methods = new TreeSet<>(Set.of("OPTIONS"));
                CONTRACT.at(call.path())
                        .forEach(same -> methods.add(same.method().toUpperCase(Locale.ROOT)));
                if (methods.contains("GET")) {
                    methods.add("HEAD");
                }
                String shown = call.path().replaceAll("[{}]", "");
                assertEquals(String.join(", ", methods), AllowedMethods.at(shown), call.path());
                given().request("PATCH", shown).then().statusCode(405).header("Allow", AllowedMethods.at(shown));
            }
        }
    }

    /** Each call that declares it answers 406 or 415, and no other does. */
    @Test
    void whatCannotBeUnderstoodOrShownIsRefusedWhereItIsDeclared() {
        for (Call call : CONTRACT.calls()) {
            if (!call.path().startsWith("/q/")) {
                JsonNode bodies = call.node().path("requestBody").path("content");
                boolean json = bodies.size() == 1 && bodies.has("application/json");
                assertEquals(declares(call, 406), status(call, "application/json", "text/csv") == 406, call.toString());
                if (!bodies.isMissingNode()) {
                    assertEquals(json, status(call, "text/csv", "*/*") == 415, call.toString());
                    assertEquals(json, declares(call, 415), call.toString());
                    assertTrue(declares(call, 413), call.toString());
                }
            }
        }
    }

    private static boolean declares(Call call, int status) {
        return call.node().path("responses").has(Integer.toString(status));
    }

    private static int status(Call call, String sent, String accepted) {
        RequestSpecification request = given().accept(accepted);
        if (call.node().has("requestBody")) {
            request.contentType(sent).body("{}");
        }
        String path = call.path().replace("{key}", "shown").replace("{version}", "1.1");
        return request.request(call.method().toUpperCase(Locale.ROOT), path)
                .then()
                .extract()
                .statusCode();
    }

    @Test
    void everyProblemTypeIsDescribedWithAnExampleAndNoOther() {
        Set<String> listed = new TreeSet<>();
        CONTRACT.document()
                .at("/components/schemas/Problem/properties/type/enum")
                .forEach(type -> listed.add(type.asText()));
        Set<String> shown = new TreeSet<>();
        for (JsonNode response : CONTRACT.document().at("/components/responses")) {
            for (JsonNode example :
                    response.path("content").path("application/problem+json").path("examples")) {
                JsonNode value = CONTRACT.resolved(example).path("value");
                ProblemType type = type(value.path("type").asText());
                shown.add(type.urn());
                assertEquals(type.title(), value.path("title").asText());
                assertTrue(
                        type.status() == 0
                                || type.status() == value.path("status").asInt(),
                        value.toString());
            }
        }
        Set<String> coded =
                Arrays.stream(ProblemType.values()).map(ProblemType::urn).collect(toCollection(TreeSet::new));
        assertEquals(coded, listed);
        assertEquals(coded, shown);
    }

    private static ProblemType type(String urn) {
        return Arrays.stream(ProblemType.values())
                .filter(type -> type.urn().equals(urn))
                .findFirst()
                .orElseThrow(() -> new AssertionError(urn + " is no type of the code"));
    }

    /** A 409 is not described by a response whose examples say 404. */
    @Test
    void everyDeclaredStatusIsThatOfItsProblems() {
        for (Call call : CONTRACT.calls()) {
            call.node()
                    .path("responses")
                    .properties()
                    .forEach(entry -> CONTRACT.resolved(entry.getValue())
                            .path("content")
                            .path("application/problem+json")
                            .path("examples")
                            .forEach(example -> assertEquals(
                                    entry.getKey(),
                                    CONTRACT.resolved(example)
                                            .path("value")
                                            .path("status")
                                            .asText(),
                                    call.toString())));
        }
    }

    @Test
    void everyParameterHeaderAndBodyHasAnExampleThatIsValid() {
        List<String> offences = new ArrayList<>();
        int[] examples = new int[1];
        walk(CONTRACT.document(), node -> {
            JsonNode schema = node.path("schema");
            if (!schema.isObject()) {
                return;
            }
            boolean anyBytes =
                    schema.isEmpty() || schema.path("format").asText().equals("binary");
            if (!node.has("example") && !node.has("examples") && !anyBytes) {
                offences.add("no example: " + node);
            }
            List<JsonNode> values = new ArrayList<>();
            node.path("examples")
                    .forEach(example -> values.add(CONTRACT.resolved(example).path("value")));
            if (node.has("example")) {
                values.add(node.get("example"));
            }
            examples[0] += values.size();
            values.forEach(value -> CONTRACT.offences(schema, value)
                    .forEach(offence -> offences.add(offence + " in the example " + value)));
        });
        assertEquals(List.of(), offences);
        assertTrue(examples[0] > 100, "only " + examples[0] + " were found");
    }

    /** Streams are text to OpenAPI; {@code x-events} says what is in it, by the events' names. */
    @Test
    void theStreamsThatAreShownHaveEventsAsDescribed() {
        List<String> streams = new ArrayList<>();
        walk(CONTRACT.document(), node -> {
            if (node.has("x-events")) {
                String stream =
                        node.path("examples").path("stream").path("value").asText();
                streams.add(stream);
                assertTrue(stream.contains("data:"), stream);
                assertEquals(
                        List.of(),
                        SentEvents.offences(CONTRACT, node, stream.lines().toList()));
            }
        });
        assertEquals(2, streams.size());
    }

    @Test
    void theFilterIsThereAndFindsWhatIsWrong() {
        int before = ContractFilter.checked();
        given().get("/cluster").then().statusCode(200);
        assertEquals(before + 1, ContractFilter.checked());

        assertOffence("not declared", exchange("GET", "/cluster", 201, Map.of(), "{}"));
        assertOffence(
                "Quorate-Secret is not declared",
                exchange("GET", "/cluster", 200, Map.of("Quorate-Secret", List.of("1")), "{}"));
        assertOffence("required property", exchange("GET", "/cluster", 200, Map.of(), "{}"));
        assertOffence("quorate-position is missing", exchange("GET", "/kv/a", 200, Map.of(), "a"));
        assertOffence("answered with 200", exchange("GET", "/nowhere", 200, Map.of(), "a"));
        assertOffence("answered with 200", exchange("PATCH", "/kv/a", 200, Map.of(), "a"));
        assertOffence("of another type", exchange("GET", "/cluster/outcomes/1.1", 404, Map.of(), """
                {"type":"urn:quorate:problem:no-such-key","title":"","status":404,"detail":""}"""));
        assertOffence("not defined in the schema", exchange("GET", "/cluster/outcomes/1.1", 200, Map.of(), """
                {"version":"1.1","outcome":"pending","replica":0,"more":1}"""));
    }

    private static Exchange exchange(
            String method, String path, int status, Map<String, List<String>> headers, @Nullable String body) {
        String type = status < 400 ? "application/json" : Problem.MEDIA_TYPE;
        byte[] bytes = body == null ? null : body.getBytes(StandardCharsets.UTF_8);
        return new Exchange(CONTRACT, method, path, null, Map.of(), status, type, headers, bytes);
    }

    private static void assertOffence(String expected, Exchange exchange) {
        String offences = exchange.offences().toString();
        assertTrue(offences.toLowerCase(Locale.ROOT).contains(expected.toLowerCase(Locale.ROOT)), offences);
    }

    private static void walk(JsonNode node, Consumer<JsonNode> visitor) {
        visitor.accept(node);
        node.forEach(child -> walk(child, visitor));
    }
}
