package dev.quorate.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Problem documents for what the platform refuses before a resource is chosen, such as a request without a host. */
@Singleton
final class EarlyProblems {
    void install(@Observes Router router) {
        router.route().order(Integer.MIN_VALUE).failureHandler(EarlyProblems::answer);
    }

    private static void answer(RoutingContext context) {
        int status = context.statusCode();
        if (status < 400 || status >= 500 || context.response().headWritten()) {
            context.next();
            return;
        }
        Problem problem = Problems.ofStatus(status);
        context.response()
                .setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                .end(Buffer.buffer(problem.json()));
    }
}
