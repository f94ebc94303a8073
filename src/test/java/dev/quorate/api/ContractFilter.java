package dev.quorate.api;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import io.quarkus.test.junit.callback.QuarkusTestAfterAllCallback;
import io.quarkus.test.junit.callback.QuarkusTestBeforeClassCallback;
import io.quarkus.test.junit.callback.QuarkusTestContext;
import io.restassured.RestAssured;
import io.restassured.filter.Filter;
import io.restassured.filter.FilterContext;
import io.restassured.http.Header;
import io.restassured.http.Headers;
import io.restassured.response.Response;
import io.restassured.specification.FilterableRequestSpecification;
import io.restassured.specification.FilterableResponseSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Holds every answer that a test gets by RestAssured against the document, whatever the test itself looks at: Quarkus finds
 * this by {@code META-INF/services} and calls it before every {@code @QuarkusTest}. How many there were is told after each
 * class, and which kinds of them in {@code target/openapi-answers.txt}.
 */
public final class ContractFilter implements Filter, QuarkusTestBeforeClassCallback, QuarkusTestAfterAllCallback {
    private static final Logger LOG = Logger.getLogger(ContractFilter.class);

    private static final Contract CONTRACT = Contract.ofResource();
    private static final AtomicInteger CHECKED = new AtomicInteger();
    private static final Set<String> KINDS = new ConcurrentSkipListSet<>();

    /** How many answers were checked since the class began. */
    static int checked() {
        return CHECKED.get();
    }

    @Override
    public void beforeClass(Class<?> testClass) {
        CHECKED.set(0);
        RestAssured.replaceFiltersWith(List.of(this));
    }

    @Override
    public void afterAll(QuarkusTestContext context) {
        if (CHECKED.get() > 0) {
            LOG.infof(
                    "%s: %d answers checked against openapi.yaml",
                    context.getTestInstance().getClass().getSimpleName(), CHECKED.get());
        }
    }

    @Override
    public Response filter(
            FilterableRequestSpecification request, FilterableResponseSpecification expected, FilterContext context) {
        Response response = context.next(request, expected);
        URI uri = URI.create(request.getURI());
        @Nullable String type = response.getContentType();
        boolean stream = type != null && type.startsWith("text/event-stream");
        Exchange exchange = new Exchange(
                CONTRACT,
                request.getMethod(),
                uri.getRawPath(),
                uri.getRawQuery(),
                byName(request.getHeaders()),
                response.getStatusCode(),
                type,
                byName(response.getHeaders()),
                stream ? null : response.asByteArray());
        if (!exchange.isPrivate() && !LoneMember.MADE_UP.equals(response.getHeader("Quorate-Set"))) {
            List<String> offences = exchange.offences();
            if (!offences.isEmpty()) {
                throw new AssertionError("against openapi.yaml: " + offences + "\n" + exchange);
            }
            CHECKED.incrementAndGet();
            note(exchange);
        }
        return response;
    }

    private static Map<String, List<String>> byName(Headers headers) {
        return headers.asList().stream().collect(groupingBy(Header::getName, mapping(Header::getValue, toList())));
    }

    private static void note(Exchange exchange) {
        String call = exchange.call().map(Contract.Call::toString).orElse("another");
        String kind = exchange.status() + " " + call;
        if (KINDS.add(kind)) {
            try {
                Path file = Path.of(System.getProperty("build.dir", "target"), "openapi-answers.txt");
                Files.writeString(file, kind + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
