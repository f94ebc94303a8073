package dev.quorate.ops;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.interceptor.Interceptor;
import org.jboss.logging.Logger;

/** Opens the replicas before HTTP listens, has them take part when it does, and closes them after it has ended. */
@ApplicationScoped
public class Lifecycle {
    private static final Logger LOG = Logger.getLogger("dev.quorate");
    private static final int FAILED = 1;

    private final HostedReplicas hosted;

    Lifecycle(HostedReplicas hosted) {
        this.hosted = hosted;
    }

    void open(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        hosted.open(LaunchMode.current() == LaunchMode.DEVELOPMENT, reason -> {
            LOG.errorf("the process ends: %s", reason);
            Quarkus.asyncExit(FAILED);
        });
    }

    void start(@ObservesAsync HttpServerStart event, HttpServer server) {
        String url = "http://127.0.0.1:" + server.getPort();
        hosted.start(url);
        LOG.infof("Application running at http://localhost:%d", server.getPort());
    }

    void close(@Observes @Priority(Interceptor.Priority.LIBRARY_AFTER + 900) ShutdownEvent event) {
        hosted.stop();
    }
}
