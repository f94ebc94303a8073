package dev.quorate.cli;

import dev.quorate.protocol.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A watch that begins behind a position and goes on over as many connections as it takes, each through the next replica. */
final class Watcher implements AutoCloseable {
    private static final long RECONNECT_MS = 20;

    private final CheckRun run;
    private final int number;
    private final int first;
    private final HttpClient http = KvCalls.client();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    private volatile Position at;

    /**
     * Begins.
     *
     * @param number that no client has
     * @param first index of the target that it begins with
     */
    Watcher(CheckRun run, int number, int first, Position from) {
        this.run = run;
        this.number = number;
        this.first = first;
        this.at = from;
        this.thread = new Thread(this::watch, "watch-" + number);
        thread.setDaemon(true);
        thread.start();
    }

    boolean hasReached(Position position) {
        return !position.isAfter(at);
    }

    private void watch() {
        try {
            for (int connection = 0; !closed.await(RECONNECT_MS, TimeUnit.MILLISECONDS); connection++) {
                URI target =
                        run.targets().get((first + connection) % run.targets().size());
                if (!connect(target)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** False if there is no use in going on. */
    private boolean connect(URI target) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(target + "/watch?prefix=" + KvCalls.encoded(run.prefix())))
                .header("Last-Event-ID", at.toString())
                .build();
        try {
            HttpResponse<Stream<String>> answer = http.send(request, HttpResponse.BodyHandlers.ofLines());
            try (Stream<String> lines = answer.body()) {
                boolean refused = answer.statusCode() == 409 || answer.statusCode() == 410;
                if (answer.statusCode() == 200 || refused) {
                    run.recorder().resumed(number, run.prefix(), at, !refused);
                }
                if (answer.statusCode() == 200) {
                    read(lines.iterator());
                }
                return !refused;
            }
        } catch (IOException | UncheckedIOException e) {
            // The process is not there, or went away: it goes on elsewhere.
            return true;
        }
    }

    /** An event is complete with the empty line behind it. */
    private void read(Iterator<String> lines) throws IOException {
        @Nullable String id = null;
        @Nullable String data = null;
        boolean named = false;
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith("id:")) {
                id = line.substring("id:".length()).trim();
            } else if (line.startsWith("data:")) {
                data = line.substring("data:".length());
            } else if (line.startsWith("event:")) {
                named = true;
            } else if (line.isEmpty()) {
                if (data != null && !named) {
                    tell(data);
                }
                if (id != null) {
                    at = Position.parse(id);
                }
                id = null;
                data = null;
                named = false;
            }
        }
    }

    private void tell(String change) throws IOException {
        String key = JsonFields.first(change, "key");
        String version = JsonFields.first(change, "version");
        if (key == null || version == null) {
            throw new IOException("a change without a key or a version: " + change);
        }
        run.recorder().told(number, key, JsonFields.first(change, "value"), Position.parse(version));
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
    }
}
