package dev.quorate.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.quorate.api.FuzzRequests.Request;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Sends bytes as they are, and reads the first answer to them; connects anew where nobody knows what would come next. */
final class FuzzConnection implements AutoCloseable {
    private final URI server;
    private @Nullable Socket socket;
    private @Nullable InputStream in;

    FuzzConnection(URI server) {
        this.server = server;
    }

    /**
     * An answer.
     *
     * @param body null where it is a stream, of which nothing was read
     */
    @SuppressWarnings("ArrayRecordComponent") // looked at once, never compared
    record Answer(int status, Map<String, List<String>> headers, byte @Nullable [] body) {
        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name)).map(values -> values.get(0));
        }

        String text() {
            return body == null ? "" : new String(body, UTF_8);
        }

        Exchange to(Request request, Contract contract) {
            return new Exchange(
                    contract,
                    request.method(),
                    request.path(),
                    request.query(),
                    request.headers(),
                    status,
                    header("content-type").orElse(null),
                    headers,
                    body);
        }
    }

    /** The first answer; null where none came in time, or the connection ended. */
    @Nullable
    Answer exchange(Request request, Duration timeout) throws IOException {
        for (boolean again = socket != null; ; again = false) {
            Socket at = connected();
            at.setSoTimeout((int) timeout.toMillis());
            try {
                at.getOutputStream().write(request.bytes());
                Answer answer = read(request.method());
                boolean open = request.whole()
                        && answer.body() != null
                        && !answer.header("connection").orElse("").equals("close");
                if (!open) {
                    close();
                }
                return answer;
            } catch (SocketTimeoutException e) {
                close();
                return null;
            } catch (IOException e) {
                close();
                if (!again) {
                    return null;
                }
            }
        }
    }

    private Socket connected() throws IOException {
        Socket at = socket;
        if (at == null) {
            at = new Socket();
            at.connect(new InetSocketAddress(server.getHost(), server.getPort()));
            socket = at;
            in = new BufferedInputStream(at.getInputStream());
        }
        return at;
    }

    private Answer read(String method) throws IOException {
        String[] first = line().split(" ", 3);
        if (first.length < 2) {
            throw new IOException("no status line");
        }
        int status = Integer.parseInt(first[1]);
        Map<String, List<String>> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), any -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        Answer head = new Answer(status, headers, null);
        if (head.header("content-type").orElse("").startsWith("text/event-stream")) {
            return head;
        }
        byte[] body = method.equals("HEAD") || status == 204 || status == 304 ? new byte[0] : body(head);
        return new Answer(status, headers, body);
    }

    private byte[] body(Answer head) throws IOException {
        if (head.header("transfer-encoding").orElse("").equals("chunked")) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                body.writeBytes(bytes(size));
                line();
            }
            line();
            return body.toByteArray();
        }
        return bytes(Integer.parseInt(head.header("content-length").orElse("0")));
    }

    private byte[] bytes(int count) throws IOException {
        byte[] bytes = input().readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("in the middle of a body");
        }
        return bytes;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = input().read(); c != '\n'; c = input().read()) {
            if (c < 0) {
                throw new EOFException("in the middle of a line");
            }
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(ISO_8859_1);
    }

    private InputStream input() throws IOException {
        InputStream from = in;
        if (from == null) {
            throw new IOException("not connected");
        }
        return from;
    }

    @Override
    public void close() throws IOException {
        Socket at = socket;
        socket = null;
        in = null;
        if (at != null) {
            at.close();
        }
    }
}
