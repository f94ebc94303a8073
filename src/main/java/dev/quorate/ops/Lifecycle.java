package dev.quorate.ops;

import dev.quorate.replica.ClusterEvents;
import dev.quorate.replica.HostedReplicas;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.interceptor.Interceptor;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Opens the replicas before HTTP listens, has them take part when it does, and closes them after it has ended. */
@ApplicationScoped
public class Lifecycle {
    private static final Logger LOG = Logger.getLogger("dev.quorate");
    private static final int FAILED = 1;

    /** Among the filters of HTTP; the highest comes first. */
    private static final int FIRST = 1_000;

    private static final String LISTENING = "dev.quorate.listening";

    private final HostedReplicas hosted;
    private final ClusterEvents events;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean stopping;

    Lifecycle(HostedReplicas hosted, ClusterEvents events) {
        this.hosted = hosted;
        this.events = events;
    }

    void open(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        try {
            hosted.open(isDevelopment(), reason -> {
                LOG.errorf("the process ends: %s", reason);
                Quarkus.asyncExit(FAILED);
            });
        } catch (UncheckedIOException e) {
            // Whose directory it is, or what is wrong with it: for the person who starts it, who needs no stack trace.
            LOG.debug("the replicas cannot be opened", e);
            throw new ConfigurationException("quorate does not start: " + e.getMessage());
        }
        String listening = System.getProperty(LISTENING);
        if (isDevelopment() && listening != null) {
            takePart(listening);
        }
    }

    void start(@ObservesAsync HttpServerStart event, HttpServer server) {
        takePart(String.valueOf(server.getPort()));
    }

    private void takePart(String port) {
        if (!started.compareAndSet(false, true)) {
            return;
        }
        if (isDevelopment()) {
            // A live reload keeps HTTP open and tells nobody that it listens; only the JVM remembers.
            System.setProperty(LISTENING, port);
        }
        hosted.start("http://127.0.0.1:" + port);
        LOG.infof("Application running at http://localhost:%s", port);
    }

    private static boolean isDevelopment() {
        return LaunchMode.current() == LaunchMode.DEVELOPMENT;
    }

    /**
     * A connection that is kept alive would be cut off when HTTP ends, with a request on it or not: from the beginning
     * of an ordered stop on each answer tells its client to come back on another.
     */
    void sendAway(@Observes Filters filters) {
        filters.register(
                request -> {
                    if (stopping) {
                        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
                    }
                    request.next();
                },
                FIRST);
    }

    /** The first thing at an ordered stop, while HTTP still takes requests: it goes on when another leads. */
    void handOver(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
        stopping = true;
        if (hosted.failureDomains() > 1) {
            handOver();
        }
        // Their readers never end by themselves: the stop would wait for them until its time-out.
        events.close();
        hosted.endWatches();
    }

    private void handOver() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        hosted.handOver()
                .onTermination()
                .invoke(done::countDown)
                .subscribe()
                .with(
                        leadsNothing ->
                                LOG.info(leadsNothing ? "this process leads nothing" : "no other process took over"),
                        failure -> LOG.warnf("could not hand over: %s", failure.getMessage()));
        if (!done.await(3 * hosted.transferTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warn("it is not known whether another process took over; the stop goes on");
        }
    }

    void close(@Observes @Priority(Interceptor.Priority.LIBRARY_AFTER + 900) ShutdownEvent event) {
        hosted.stop();
    }
}
