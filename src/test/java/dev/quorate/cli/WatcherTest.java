package dev.quorate.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import dev.quorate.history.Guarantee;
import dev.quorate.history.Operation;
import dev.quorate.history.Recorder;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a watch records of a stream, and where it goes on when one is cut. */
class WatcherTest {
    private final Recorder recorder = new Recorder(System::nanoTime);
    private final Queue<String> streams = new ConcurrentLinkedQueue<>();
    private final List<@Nullable String> resumed = new CopyOnWriteArrayList<>();

    @RegisterExtension
    final FakeServer server = new FakeServer("/watch", this::answer);

    private void answer(HttpExchange exchange) throws IOException {
        resumed.add(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
        String stream = streams.poll();
        exchange.sendResponseHeaders(stream == null ? 409 : 200, 0);
        exchange.getResponseBody().write((stream == null ? "" : stream).getBytes(StandardCharsets.UTF_8));
        exchange.close();
    }

    @Test
    void goesOnBehindTheLastWholeEntryUntilItIsRefused() {
        streams.add("""
                event:position
                id:1.2
                data:{"position":"1.2","replica":0}

                id:1.3
                data:{"type":"put","key":"p-a","version":"1.3","value":"v3"}

                data:{"type":"put","key":"p-a","version":"1.4","value":"v4"}

                id:1.4
                data:{"type":"put","key":"p-b","version":"1.4","value":"cut
                """.strip());
        streams.add("""
                data:{"type":"delete","key":"p-a","version":"1.4","reason":"expiry"}

                event:end
                data:{"reason":"stopped","resume":"1.3"}

                """);
        try (Watcher watcher = new Watcher(run(), 9, 0, new Position(1, 2))) {
            await().atMost(Duration.ofSeconds(20)).until(() -> resumed.size() == 3 && size() == 6);
            assertEquals("[1.2, 1.3, 1.3]", resumed.toString());
            assertEquals(
                    List.of(
                            "watches p- behind 1.2",
                            "is told p-a = v3, version 1.3",
                            "is told p-a = v4, version 1.4",
                            "watches p- behind 1.3",
                            "is told p-a = absent, version 1.4",
                            "watches p- behind 1.3, refused"),
                    recorder.history().stream().map(WatcherTest::shown).toList());
            assertEquals(true, watcher.hasReached(new Position(1, 3)));
            assertEquals(false, watcher.hasReached(new Position(1, 4)));
        }
    }

    private int size() {
        return recorder.history().size();
    }

    private static String shown(Operation operation) {
        String value = operation.value() == null ? "absent" : operation.value();
        String what = operation.kind() == Operation.Kind.RESUME
                ? "watches " + operation.key() + " behind " + operation.position()
                : "is told " + operation.key() + " = " + value + ", version " + operation.version();
        return what + (operation.outcome() == Operation.Outcome.OK ? "" : ", refused");
    }

    private CheckRun run() {
        CheckOptions options = new CheckOptions(
                "watch",
                List.of(server.url()),
                null,
                1,
                1,
                Duration.ZERO,
                "linearizable",
                "majority",
                false,
                List.of(Guarantee.WATCH_IS_LOG),
                1,
                Path.of("unused"));
        return new CheckRun(options, options.targets(), recorder, new KvCalls(), "p-");
    }
}
