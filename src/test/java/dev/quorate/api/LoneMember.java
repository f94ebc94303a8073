package dev.quorate.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Makes the application replica 1 of three: nobody is at the address of replica 0, and at that of replica 2 a stand-in
 * that echoes what it was asked, or hangs up.
 */
public final class LoneMember implements QuarkusTestResourceLifecycleManager {
    /** Header {@code Quorate-Set} of what the stand-in answers, and is passed on: no answer of ours. */
    static final String MADE_UP = "made-up";

    /** What the stand-in was asked: verb, URI as it came, who passed it on, body. */
    static final List<String> ASKED = new CopyOnWriteArrayList<>();

    /** The headers of each of these. */
    static final List<Map<String, List<String>>> HEADERS = new CopyOnWriteArrayList<>();

    private Optional<HttpServer> standIn = Optional.empty();

    @Override
    public Map<String, String> start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", LoneMember::answer);
            server.start();
            standIn = Optional.of(server);
            String members = url(freePort()) + "," + url(1) + ","
                    + url(server.getAddress().getPort());
            return Map.of("quorate.members", members, "quorate.replica-id", "1");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        standIn.ifPresent(server -> server.stop(0));
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.startsWith("/replicas")) {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
            return;
        }
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String by = String.valueOf(exchange.getRequestHeaders().getFirst("Quorate-Forwarded"));
        HEADERS.add(Map.copyOf(exchange.getRequestHeaders()));
        ASKED.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + by + " " + body);
        if (exchange.getRequestURI().getRawQuery() != null
                && exchange.getRequestURI().getRawQuery().contains("hang-up")) {
            exchange.close();
            return;
        }
        exchange.getResponseHeaders().add("Quorate-Replica", "2");
        exchange.getResponseHeaders().add("Quorate-Set", MADE_UP);
        exchange.getResponseHeaders().add("ETag", "\"1.2\"");
        exchange.getResponseHeaders().add("X-Private", "stays");
        if (path.equals("/write")) {
            exchange.sendResponseHeaders(204, -1);
        } else if (path.equals("/empty-503")) {
            exchange.sendResponseHeaders(503, -1);
        } else if (path.equals("/write-with-quorum")) {
            exchange.close();
        } else {
            exchange.getResponseHeaders().add("Content-Type", "application/problem+json");
            byte[] answer = "{\"status\":404}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(404, answer.length);
            exchange.getResponseBody().write(answer);
        }
        exchange.close();
    }

    private static String url(int port) {
        return "http://localhost:" + port;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
