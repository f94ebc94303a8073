package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no well-behaved client sends, written to the socket by hand. */
@QuarkusTest
class HttpEdgesTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String BODY = "{\"key\":\"k\",\"value\":\"v\"}";

    @TestHTTPResource("/")
    @Nullable
    URL server;

    @ParameterizedTest
    @ValueSource(strings = {"/write", "/write-with-quorum"})
    void aBodyWithoutAContentTypeIs415(String path) throws IOException {
        String answer = exchange("POST " + path, "Connection: close", "Content-Length: " + BODY.length(), "", BODY);
        assertProblem(415, answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"8388609", "99999999999"})
    void aBodyThatIsAnnouncedTooLargeIs413BeforeItIsSent(String length) throws IOException {
        String answer = exchange("POST /write", JSON, "Content-Length: " + length, "", "{");
        assertProblem(413, answer);
        assertTrue(answer.contains("\"limitBytes\":8388608"), answer);
    }

    @Test
    void aBodyOfUnknownLengthIsCutOffAtTheLimit() throws IOException {
        try (Socket socket = connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(request("POST /write", JSON, "Transfer-Encoding: chunked", "", ""));
            byte[] chunk = ascii("100000\r\n" + " ".repeat(1 << 20) + "\r\n");
            String answer = "";
            try {
                for (int i = 0; i < 64; i++) {
                    out.write(chunk);
                }
            } catch (IOException e) {
                answer = e.getClass().getSimpleName();
            }
            if (answer.isEmpty()) {
                answer = text(socket.getInputStream());
            }
            if (!answer.equals("SocketException")) {
                assertProblem(413, answer);
                assertTrue(answer.contains("\"limitBytes\":8388608"), answer);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/read?key=%C3", "/read?key=%FF", "/read?key=a&key=%61"})
    void aQueryThatIsNoTextIs400(String path) throws IOException {
        assertProblem(400, exchange("GET " + path, "Connection: close", "", ""));
    }

    /** The platform refuses these before anybody here sees them, and without a word. */
    @ParameterizedTest
    @ValueSource(strings = {"/read?key=%zz", "/read?key=%", "/%zz", "/kv/%zz", "/kv/%"})
    void aBrokenEscapeIs400(String path) throws IOException {
        String answer = exchange("GET " + path, "Connection: close", "", "");
        assertTrue(answer.startsWith("HTTP/1.1 400"), answer);
    }

    /** Decoded once more it would be broken. */
    @ParameterizedTest
    @CsvSource({"PATCH /kv/50%25, 405", "GET /;x/%251, 404"})
    void aPercentSignInAPathThatIsRefusedIsAPercentSign(String call, int status) throws IOException {
        assertProblem(status, exchange(call, "Connection: close", "", ""));
    }

    @Test
    void aRequestWithoutAHostIs400() throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(ascii("GET /cluster HTTP/1.1\r\nConnection: close\r\n\r\n"));
            assertProblem(400, text(socket.getInputStream()));
        }
    }

    private static void assertProblem(int status, String answer) {
        assertEquals("HTTP/1.1 " + status, answer.substring(0, Math.min(12, answer.length())), answer);
        String lower = answer.toLowerCase(Locale.ROOT);
        assertTrue(lower.contains("content-type: application/problem+json"), answer);
        assertTrue(answer.contains("\"status\":" + status), answer);
    }

    private String exchange(String call, String... lines) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request(call, lines));
            return text(socket.getInputStream());
        }
    }

    private static byte[] request(String call, String... lines) {
        return ascii(call + " HTTP/1.1\r\nHost: x\r\n" + String.join("\r\n", lines));
    }

    private Socket connect() throws IOException {
        URL at = Objects.requireNonNull(server);
        Socket socket = new Socket();
        socket.setSoTimeout(10_000);
        socket.connect(new InetSocketAddress(at.getHost(), at.getPort()));
        return socket;
    }

    /** To the end of the connection: an answer after which it stays open fails by the time-out. */
    private static String text(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        in.transferTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
