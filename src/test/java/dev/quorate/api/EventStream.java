package dev.quorate.api;

import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A reader of Server-Sent Events that keeps the lines it gets, and holds them against the document when it is closed. */
public final class EventStream implements AutoCloseable, Flow.Subscriber<String> {
    private static final Contract CONTRACT = Contract.ofResource();

    private final String path;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private volatile Flow.@Nullable Subscription subscription;

    private EventStream(String path) {
        this.path = path;
    }

    /** Connects; the lines come as they come. */
    public static EventStream of(URI uri, Map<String, String> headers) {
        EventStream stream = new EventStream(uri.getRawPath());
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).version(HttpClient.Version.HTTP_1_1);
        headers.forEach(request::header);
        HttpClient.newHttpClient()
                .sendAsync(request.build(), HttpResponse.BodyHandlers.fromLineSubscriber(stream))
                .exceptionally(failure -> null);
        return stream;
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** The data of the events so far that have an id. */
    List<String> data() {
        return lines.stream()
                .filter(line -> line.startsWith("data:{\"id\""))
                .map(line -> line.substring("data:".length()))
                .toList();
    }

    /** All lines, once one of them is such. */
    public List<String> awaitLine(Predicate<String> wanted) {
        await().atMost(Duration.ofSeconds(20))
                .alias("the wanted line of " + lines)
                .until(() -> lines.stream().anyMatch(wanted));
        return lines();
    }

    @Override
    public void onSubscribe(Flow.Subscription started) {
        subscription = started;
        started.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(String line) {
        lines.add(line);
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}

    @Override
    public void close() {
        Flow.Subscription started = subscription;
        if (started != null) {
            started.cancel();
        }
        List<String> offences = SentEvents.offences(CONTRACT, CONTRACT.stream(path), lines());
        if (!offences.isEmpty()) {
            throw new AssertionError("against openapi.yaml: " + offences);
        }
    }
}
