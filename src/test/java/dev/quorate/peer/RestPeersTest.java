package dev.quorate.peer;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Stage;
import dev.quorate.replica.Envelope;
import dev.quorate.replica.HostedElsewhere;
import dev.quorate.replica.PeerException;
import dev.quorate.replica.PeerState;
import dev.quorate.replica.Peers.ReadReply;
import dev.quorate.replica.Peers.Repair;
import dev.quorate.replica.StoredValue;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whatever is at the other end, a call ends in time with an answer to what was asked or with one typed failure. */
@QuarkusTest
class RestPeersTest {
    private static final Envelope TO_2 = new Envelope("quorate", 7, 0, 2, 10, 12);
    private static final Heartbeat BEAT = new Heartbeat(0, 2, 3, 41, 5, 0, 0);
    private static final HeartbeatResponse GOOD = new HeartbeatResponse(2, 0, 3, 41, 6, 5, true);
    private static final byte[] GARBAGE = "<html>Welcome to nginx</html>".getBytes(StandardCharsets.UTF_8);

    @Test
    void aProperAnswerArrives() throws IOException {
        try (OddServer server = OddServer.answering(200, WireFormat.heartbeatAnswer(GOOD))) {
            UniAssertSubscriber<HeartbeatResponse> end = end(peers(server).heartbeat(TO_2, BEAT));
            assertEquals(GOOD, end.assertCompleted().getItem());
            assertTrue(server.request().startsWith("POST /replicas/2/heartbeat "), server.request());
        }
    }

    @Test
    void garbageIsNoAnswerToAnyCall() throws IOException {
        try (OddServer server = OddServer.answering(200, GARBAGE)) {
            for (Function<RestPeers, Uni<?>> call : calls()) {
                refused("answered garbage", call.apply(peers(server)));
            }
        }
    }

    @Test
    void anEmptyAnswerIsGarbage() throws IOException {
        try (OddServer ok = OddServer.answering(200, new byte[0]);
                OddServer noContent = OddServer.answeringRaw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")) {
            refused("answered garbage", peers(ok).heartbeat(TO_2, BEAT));
            refused("answered garbage", peers(noContent).heartbeat(TO_2, BEAT));
        }
    }

    @Test
    void halfAMessageIsGarbage() throws IOException {
        byte[] whole = WireFormat.heartbeatAnswer(GOOD);
        try (OddServer server = OddServer.answering(200, Arrays.copyOf(whole, whole.length / 2))) {
            refused("answered garbage", peers(server).heartbeat(TO_2, BEAT));
        }
    }

    @Test
    void halfAnHttpAnswerIsNone() throws IOException {
        try (OddServer server = OddServer.hangingUpAfter(WireFormat.heartbeatAnswer(GOOD));
                OddServer noHttp = OddServer.answeringRaw("SSH-2.0-OpenSSH_9.6\r\n\r\n");
                OddServer nothing = OddServer.answeringRaw("")) {
            refused("replica 2 cannot be reached", peers(server).heartbeat(TO_2, BEAT));
            refused("replica 2 cannot be reached", peers(noHttp).heartbeat(TO_2, BEAT));
            refused("replica 2 cannot be reached", peers(nothing).heartbeat(TO_2, BEAT));
        }
    }

    @Test
    void anAnswerToAnotherQuestionIsNone() throws IOException {
        refusedAnswer(WireFormat.heartbeatAnswer(new HeartbeatResponse(1, 0, 3, 41, 6, 5, true)), "replica 1 answered");
        refusedAnswer(WireFormat.heartbeatAnswer(new HeartbeatResponse(2, 1, 3, 41, 6, 5, true)), "it was not asked");
        refusedAnswer(WireFormat.heartbeatAnswer(new HeartbeatResponse(2, 0, 3, 40, 6, 5, true)), "it was not asked");
        refusedAnswer(WireFormat.repairAnswer(true), "answered garbage");
        StoredValue other = new StoredValue("other", new byte[1], null, new Position(1, 1), 0);
        byte[] reply = WireFormat.readAnswer(new ReadReply(2, 3, new Position(1, 1), 1, -1, other));
        try (OddServer server = OddServer.answering(200, reply)) {
            refused("it was not asked", peers(server).read(TO_2, "key"));
        }
        byte[] state = WireFormat.state(new PeerState("quorate", 3, 1, Stage.EMPTY, 0, 1, List.of(), "auto"));
        try (OddServer server = OddServer.answering(200, state)) {
            refused("replica 1 answered", peers(server).hello(TO_2, false));
        }
    }

    @Test
    void aRefusalSaysWhatToLookAt() throws IOException {
        refusedStatus(403, "quorate.peer.secret");
        refusedStatus(404, "not hosted there");
        refusedStatus(409, "another replica set");
        refusedStatus(500, "answered 500");
        refusedStatus(503, "not ready");
        refusedStatus(507, "disk is full");
    }

    @Test
    void silenceEndsInTime() throws IOException {
        try (OddServer server = OddServer.silent()) {
            refused("replica 2", peers(server).heartbeat(TO_2, BEAT));
        }
    }

    @Test
    void nobodyThereAndNoAddressFailAlike() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        refused("cannot be connected to", peers("http://127.0.0.1:" + free).hello(TO_2, false));
        refused("replica 2 cannot be reached", peers("").hello(TO_2, false));
        refused(
                "replica 2 cannot be reached",
                peers("http://no-such-host.invalid:1").hello(TO_2, false));
    }

    // ---- how
    // ---------------------------------------------------------------------------------------------------------

    private static List<Function<RestPeers, Uni<?>>> calls() {
        return List.of(
                peers -> peers.heartbeat(TO_2, BEAT),
                peers -> peers.hello(TO_2, false),
                peers -> peers.stateHashes(TO_2),
                peers -> peers.form(TO_2, 7, 0, List.of(10L, 11L, 12L)),
                peers -> peers.read(TO_2, "key"),
                peers -> peers.repair(TO_2, new Repair(3, new Position(3, 4), "key", null)));
    }

    private static void refusedAnswer(byte[] body, String expected) throws IOException {
        try (OddServer server = OddServer.answering(200, body)) {
            refused(expected, peers(server).heartbeat(TO_2, BEAT));
        }
    }

    private static void refusedStatus(int status, String expected) throws IOException {
        try (OddServer server = OddServer.answering(status, GARBAGE)) {
            refused(expected, peers(server).heartbeat(TO_2, BEAT));
        }
    }

    private static void refused(String expected, Uni<?> call) {
        Throwable failure = end(call).getFailure();
        PeerException refusal = assertInstanceOf(PeerException.class, failure);
        assertTrue(String.valueOf(refusal.getMessage()).contains(expected), refusal.getMessage());
    }

    private static <T> UniAssertSubscriber<T> end(Uni<T> call) {
        UniAssertSubscriber<T> subscriber = call.subscribe().withSubscriber(UniAssertSubscriber.create());
        await().atMost(Duration.ofSeconds(5))
                .until(() -> subscriber.getItem() != null || subscriber.getFailure() != null);
        return subscriber;
    }

    private static RestPeers peers(OddServer server) {
        return peers(server.url());
    }

    private static RestPeers peers(String url) {
        HostedElsewhere elsewhere = new HostedElsewhere(url);
        return new RestPeers(() -> elsewhere);
    }
}
