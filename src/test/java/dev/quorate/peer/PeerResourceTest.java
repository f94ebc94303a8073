package dev.quorate.peer;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.replica.Envelope;
import dev.quorate.replica.PeerState;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a stranger gets from {@code /replicas}, and that the secret closes it, while the replicas here still meet. */
@QuarkusTest
@TestProfile(WithSecret.class)
class PeerResourceTest {
    private static final Envelope TO_1 = new Envelope("quorate", 7, 0, 1, 10, 12);

    @TestHTTPResource("/")
    URI server = URI.create("http://unset");

    @Test
    void whoKnowsTheSecretIsAnswered() {
        byte[] body = post(WithSecret.SECRET, WireFormat.hello(TO_1, false))
                .post("/replicas/1/hello")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray();
        PeerState state = WireFormat.readState(body);
        assertEquals(1, state.replica());
        assertEquals(3, state.replicas());
    }

    @Test
    void whoDoesNotIsForbiddenWhateverIsAsked() {
        post("other", WireFormat.hello(TO_1, false))
                .post("/replicas/1/hello")
                .then()
                .statusCode(403);
        given().contentType("application/octet-stream")
                .body(new byte[3])
                .post("/replicas/99/append")
                .then()
                .statusCode(403);
    }

    /** Its body need not come, and would not be read. */
    @Test
    void whoDoesNotIsForbiddenByTheHeadOfItsRequest() throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
            String head = "POST /replicas/1/append HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
        }
    }

    @Test
    void aReplicaThatIsNotHereIsNotFound() {
        post(WithSecret.SECRET, WireFormat.hello(TO_1, false))
                .post("/replicas/7/hello")
                .then()
                .statusCode(404)
                .body(containsString("replica 7 is not hosted here"));
    }

    @Test
    void garbageIsABadRequest() {
        for (String call : new String[] {"append", "heartbeat", "hello", "form", "read", "repair", "state-hashes"}) {
            post(WithSecret.SECRET, new byte[] {1, 2, 3})
                    .post("/replicas/1/" + call)
                    .then()
                    .statusCode(400);
            post(WithSecret.SECRET, new byte[0])
                    .post("/replicas/1/" + call)
                    .then()
                    .statusCode(400);
        }
    }

    @Test
    void anotherSetsMessageIsAConflict() {
        Envelope stranger = new Envelope("staging", 7, 0, 1, 10, 12);
        post(WithSecret.SECRET, WireFormat.heartbeat(stranger, new Heartbeat(0, 1, 1_000, 1, 0, 0, 0)))
                .post("/replicas/1/heartbeat")
                .then()
                .statusCode(409)
                .body(containsString("another set"));
        post(WithSecret.SECRET, WireFormat.read(stranger, "key"))
                .post("/replicas/1/read")
                .then()
                .statusCode(409);
    }

    /** Only the message says which incarnation it is for, and only the path which replica answers: they must agree. */
    @Test
    void aMessageForAnotherReplicaThanThePathsIsABadRequest() {
        byte[] form = WireFormat.form(TO_1, 7, 0, List.of(10L, 11L, 12L));
        for (Map.Entry<String, byte[]> call :
                Map.of("hello", WireFormat.hello(TO_1, false), "form", form).entrySet()) {
            post(WithSecret.SECRET, call.getValue())
                    .post("/replicas/2/" + call.getKey())
                    .then()
                    .statusCode(400)
                    .body(containsString("for replica 1, not for replica 2"));
        }
    }

    @Test
    void peopleAreNotShownTheseCalls() {
        given().get("/q/openapi").then().statusCode(200).body(not(containsString("/replicas/")));
    }

    private static RequestSpecification post(String secret, byte[] body) {
        return given().header("Quorate-Peer-Secret", secret)
                .contentType("application/octet-stream")
                .body(body);
    }
}
