package dev.quorate.cli;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server that answers as a test says, for each test anew. */
final class FakeServer implements BeforeEachCallback, AfterEachCallback {
    private final String path;
    private final HttpHandler answers;
    private @Nullable HttpServer server;

    FakeServer(String path, HttpHandler answers) {
        this.path = path;
        this.answers = answers;
    }

    URI url() {
        if (server == null) {
            throw new IllegalStateException("no test runs");
        }
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        HttpServer started = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        started.createContext(path, answers);
        started.start();
        server = started;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (server != null) {
            server.stop(0);
        }
    }
}
