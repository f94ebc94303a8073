package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.api.FuzzRequests.Request;
import dev.quorate.replica.HostedReplicas;
import dev.quorate.simulation.Seeds;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Requests made by chance from the document, and raw bytes: each is answered, never with 500, as the document says; nothing
 * is left behind; and all that the log then holds was acknowledged. One seed is one request:
 * {@code ./mvnw test -Dtest=FuzzTest -Dfuzz.seed=N} sends it again, alone; {@code -Dfuzz.first=N} sends all of a run, for what
 * needs one before it.
 */
@QuarkusTest
@TestProfile(FuzzTest.OfItsOwn.class)
class FuzzTest {
    /** Others look at figures that this drives up. */
    public static final class OfItsOwn implements QuarkusTestProfile {
        /** A connection whose body nobody reads is not seen to be closed before that. */
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quorate.limits.body-timeout", "2s");
        }
    }

    private static final Logger LOG = Logger.getLogger(FuzzTest.class);
    private static final int REQUESTS = Integer.getInteger("fuzz.requests", 5_000);
    private static final int CLIENTS = 8;
    /** How long bytes that are no request are waited on: nobody can tell whether an answer is to come. */
    private static final Duration SILENCE = Duration.ofMillis(300);

    private static final Duration LONGEST = Duration.ofSeconds(30);

    private static final Contract CONTRACT = Contract.ofResource();
    private static final Pattern VERSION = Pattern.compile("\"version\":\"(\\d+\\.\\d+)\"");
    private static final Pattern CHANGE =
            Pattern.compile("data:\\{\"type\":\"(put|delete)\",\"key\":\"(.*?)\",\"version\":\"([0-9.]+)\".*");

    @Inject
    HostedReplicas hosted;

    @Inject
    MeterRegistry registry;

    @TestHTTPResource("/")
    URI server = URI.create("http://unset");

    private final FuzzRequests requests = new FuzzRequests(CONTRACT);
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Map<Integer, AtomicInteger> statuses = new ConcurrentSkipListMap<>();
    private final AtomicInteger unanswered = new AtomicInteger();

    /** What the log may hold. */
    private final Set<String> acknowledged = new ConcurrentSkipListSet<>();
    /** What was sent where no answer came, and may have been done. */
    private final Queue<String> unknown = new ConcurrentLinkedQueue<>();

    @Test
    void nothingThatIsSentDoesHarm() throws Exception {
        await().atMost(LONGEST).until(() -> hosted.awaiting().isEmpty());
        long single = Long.getLong("fuzz.seed", -1);
        long first = single >= 0 ? single : Long.getLong("fuzz.first", Seeds.ofThisCommit());
        int count = single >= 0 ? 1 : REQUESTS;
        String run = count + " requests, -Dfuzz.first=" + first;
        String from = given().get("/kv?limit=1").then().extract().path("watchFrom");
        long started = System.nanoTime();
        Duration cpu = cpu();
        sendAll(first, count);
        LOG.infof(
                "%s: answers by status %s, none to %s, in %d ms, and %d ms of CPU",
                run,
                new TreeMap<>(statuses),
                unanswered,
                Duration.ofNanos(System.nanoTime() - started).toMillis(),
                cpu().minus(cpu).toMillis());
        assertEquals(List.of(), List.copyOf(wrong), run);
        nothingIsLeft(run);
        assertEquals(Set.of(), unexplained(from), run);
        if (single < 0) {
            assertTrue(
                    statuses.keySet().containsAll(Set.of(200, 400, 404, 405, 412, 415)), () -> run + ": " + statuses);
        }
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private void sendAll(long first, int count) throws Exception {
        AtomicLong next = new AtomicLong(first);
        Callable<Integer> client = () -> {
            FuzzConnection connection = new FuzzConnection(server);
            try (connection) {
                for (long seed = next.getAndIncrement(); seed < first + count; seed = next.getAndIncrement()) {
                    one(seed, connection);
                }
            }
            return 0;
        };
        ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Callable<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(client);
            }
            for (Future<Integer> done : pool.invokeAll(clients)) {
                done.get();
            }
        } finally {
            pool.shutdown();
        }
    }

    private void one(long seed, FuzzConnection connection) throws IOException {
        Request request = requests.of(seed);
        FuzzConnection.@Nullable Answer answer = connection.exchange(request, request.whole() ? LONGEST : SILENCE);
        if (answer == null) {
            unanswered.incrementAndGet();
            unknown.add(request.toString());
            if (request.whole()) {
                fail(seed, request, "was not answered");
            }
            return;
        }
        statuses.computeIfAbsent(answer.status(), any -> new AtomicInteger()).incrementAndGet();
        if (answer.status() == 500 || answer.status() < 200) {
            fail(seed, request, "was answered with " + answer.status());
        }
        if (answer.status() < 400 || answer.status() == 504) {
            note(request, answer);
        } else if (answer.status() == 503 && answer.text().contains("\"outcome\":\"unknown\"")) {
            unknown.add(request.toString());
        }
        if (request.whole()) {
            Exchange exchange = answer.to(request, CONTRACT);
            List<String> offences = exchange.isPrivate() ? List.of() : exchange.offences();
            if (!offences.isEmpty()) {
                fail(seed, request, "against openapi.yaml: " + offences + " " + exchange);
            }
        }
    }

    /** Only writes count: what a read shows may be what it should not. */
    private void note(Request request, FuzzConnection.Answer answer) {
        String text = request.toString();
        if (!text.startsWith("GET") && !text.startsWith("HEAD")) {
            answer.header("etag").ifPresent(tag -> acknowledged.add(tag.replace("\"", "")));
            Matcher version = VERSION.matcher(answer.text());
            if (version.find()) {
                acknowledged.add(version.group(1));
            }
        }
    }

    private void fail(long seed, Request request, String why) {
        wrong.add(why + "\n" + request + "\nreplay: ./mvnw test -Dtest=FuzzTest -Dfuzz.seed=" + seed);
    }

    private void nothingIsLeft(String run) {
        await(run).atMost(LONGEST).untilAsserted(() -> {
            assertEquals(0, hosted.intake().pending(), "pending writes");
            assertEquals(0, hosted.intake().pendingBytes(), "pending bytes");
            assertEquals(0, hosted.watching(), "watchers");
            OpenConnections.assertNoneWithoutAClient(server, registry);
            assertEquals(List.of(), busyWorkers(), "worker threads");
        });
        for (String path : List.of("/q/health/ready", "/cluster", "/q/metrics")) {
            given().get(path).then().statusCode(200);
        }
    }

    private static List<String> busyWorkers() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().startsWith("executor-thread"))
                .filter(thread -> Arrays.stream(thread.getValue())
                        .anyMatch(frame -> frame.getClassName().startsWith("dev.quorate")))
                .map(thread -> Arrays.toString(thread.getValue()))
                .toList();
    }

    /** Changes that the log tells, and no acknowledgement does. */
    private Set<String> unexplained(String from) {
        String last = given().body("last").put("/kv/fuzz-end").then().extract().path("version");
        Set<String> unexplained = new TreeSet<>();
        try (EventStream stream = EventStream.of(server.resolve("/watch?from=" + from), Map.of())) {
            List<String> lines = stream.awaitLine(("id:" + last)::equals);
            assertNotNull(last);
            for (String line : lines) {
                Matcher change = CHANGE.matcher(line);
                if (change.matches()
                        && !acknowledged.contains(change.group(3))
                        && !change.group(3).equals(last)
                        && !line.contains("\"reason\":\"expiry\"")
                        && unknown.stream().noneMatch(text -> couldBe(text, change.group(2)))) {
                    unexplained.add(line);
                }
            }
        }
        return unexplained;
    }

    /** By the end of the key, as far as it needs no encoding: bytes may have been changed in front of it. */
    private static boolean couldBe(String text, String key) {
        byte[] end = key.substring(Math.max(0, key.length() - 1)).getBytes(ISO_8859_1);
        return text.contains(new String(end, ISO_8859_1)) && !text.startsWith("GET");
    }
}
