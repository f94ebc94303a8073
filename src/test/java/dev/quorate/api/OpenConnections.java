package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the server holds open, against who is there: of the latter the kernel tells, where it is Linux. */
final class OpenConnections {
    private static final String ESTABLISHED = "01 ";

    private OpenConnections() {}

    static void assertNoneWithoutAClient(URI server, MeterRegistry registry) throws IOException {
        if (!Files.exists(Path.of("/proc/net/tcp"))) {
            return;
        }
        double held = registry.get("http.server.active.connections").gauges().stream()
                .mapToDouble(Gauge::value)
                .sum();
        // Behind its own address stands the remote one, which ends in the port, and the state.
        String toServer = ":%04X ".formatted(server.getPort()) + ESTABLISHED;
        long clients = 0;
        for (String family : List.of("tcp", "tcp6")) {
            clients += Files.readAllLines(Path.of("/proc/net", family)).stream()
                    .filter(socket -> socket.contains(toServer))
                    .count();
        }
        assertTrue(held <= clients, held + " connections are held, of " + clients + " clients");
    }
}
