package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.peer.WithSecret;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who gets a backup where the set has a secret, and what becomes of one who does not read it. */
@QuarkusTest
@TestProfile(WithSecret.class)
class GuardedBackupTest {
    /** More than the kernel keeps for a connection. */
    private static final int VALUES = 10;

    private static final int VALUE_BYTES = 1 << 20;

    private static RequestSpecification with(String secret) {
        return given().header("Quorate-Peer-Secret", secret);
    }

    /** Again until it is done, as a leader of a machine that has much to do may change. */
    private static void write(int n, byte[] value) {
        await().atMost(Duration.ofMinutes(1)).until(() -> {
            int status = given().contentType("application/octet-stream")
                    .body(value)
                    .put("/kv/backed-up-" + n)
                    .statusCode();
            return status == 200 || status == 201;
        });
    }

    @Test
    void whoDoesNotKnowTheSecretGetsNone() {
        write(0, new byte[1]);
        String path = "/cluster/backup";
        given().get(path)
                .then()
                .statusCode(403)
                .contentType("application/problem+json")
                .body("type", equalTo("urn:quorate:problem:forbidden"));
        with("other").get(path).then().statusCode(403);
        with("").get(path).then().statusCode(403);
        with(WithSecret.SECRET + "x").get(path).then().statusCode(403);
        with("other").get(path + "?replica=1").then().statusCode(403);
        with("other").get(path + "?replica=77").then().statusCode(403);
        with(WithSecret.SECRET).get(path).then().statusCode(200);
        with(WithSecret.SECRET).get(path + "?replica=1").then().statusCode(200);
    }

    /** The snapshot's file, and its space once it is removed, are the reader's no longer than the idle time-out. */
    @Test
    void whoDoesNotReadIsLetGo() throws IOException {
        for (int n = 0; n < VALUES; n++) {
            write(n, new byte[VALUE_BYTES]);
        }
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(1 << 12); // before it connects, so that the window is as small
            socket.connect(new InetSocketAddress("localhost", RestAssured.port));
            String request = "GET /cluster/backup HTTP/1.1\r\nHost: " + "localhost:" + RestAssured.port
                    + "\r\nQuorate-Peer-Secret: " + WithSecret.SECRET + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            long size = sizeInHeaders(in);
            assertTrue(size > (long) VALUES * VALUE_BYTES, "a backup of " + size + " bytes");
            await("the file is being sent").until(() -> openSnapshots() > 0);
            await("the file is let go").atMost(Duration.ofMinutes(1)).until(() -> openSnapshots() == 0);
            long came = rest(in);
            assertTrue(came < size, "all " + size + " bytes came, so nobody was let go");
        }
        with(WithSecret.SECRET).get("/cluster/backup").then().statusCode(200);
        assertEquals(0, openSnapshots());
    }

    private static long sizeInHeaders(InputStream in) throws IOException {
        StringBuilder headers = new StringBuilder();
        while (!headers.toString().endsWith("\r\n\r\n")) {
            int next = in.read();
            assertTrue(next >= 0, "it ended in its headers");
            headers.append((char) next);
        }
        String text = headers.toString().toLowerCase(Locale.ROOT);
        assertTrue(text.startsWith("http/1.1 200"), text);
        String name = "content-length: ";
        int at = text.indexOf(name) + name.length();
        return Long.parseLong(text.substring(at, text.indexOf('\r', at)));
    }

    /** How many bytes are still to be read. */
    private static long rest(InputStream in) throws IOException {
        byte[] bytes = new byte[1 << 16];
        long rest = 0;
        try {
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                rest += count;
            }
        } catch (SocketException e) {
            return rest; // cut off
        }
        return rest;
    }

    /** How many files of snapshots this process, which is the server's, has open for reading, removed ones too. */
    private static long openSnapshots() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(file -> target(file).contains(".snap")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }
}
