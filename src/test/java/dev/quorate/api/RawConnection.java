package dev.quorate.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A connection whose bytes a test writes itself: what no HTTP client would send. */
final class RawConnection implements AutoCloseable {
    private static final int POLL_MS = 50;
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final Socket socket;

    private RawConnection(Socket socket) {
        this.socket = socket;
    }

    static RawConnection to(URI server) throws IOException {
        return to(server, new Socket());
    }

    /** One whose client's machine takes little of what the client does not read. */
    static RawConnection thatTakesLittle(URI server, List<RawConnection> opened) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        RawConnection connection = to(server, socket);
        opened.add(connection);
        return connection;
    }

    private static RawConnection to(URI server, Socket socket) throws IOException {
        socket.setSoTimeout(POLL_MS);
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
        return new RawConnection(socket);
    }

    /** Sends text; that the server has hung up is for who reads to find out. */
    void send(String text) {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (SocketException e) {
            // hung up
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** What is answered, at least up to that text. */
    String answerTo(String text) throws IOException {
        return read(text, () -> {});
    }

    /** What is answered until the server ends the connection. */
    String toEnd() throws IOException {
        return toEnd(() -> {});
    }

    /**
     * What is answered until the server ends the connection.
     *
     * @param meanwhile done now and then
     */
    String toEnd(Runnable meanwhile) throws IOException {
        return read("", meanwhile);
    }

    private String read(String until, Runnable meanwhile) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (System.nanoTime() - deadline < 0) {
            try {
                int read = socket.getInputStream().read(part);
                if (read < 0) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
                answer.write(part, 0, read);
                if (!until.isEmpty() && answer.toString(StandardCharsets.UTF_8).contains(until)) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
            } catch (SocketTimeoutException e) {
                meanwhile.run();
            } catch (SocketException e) {
                return answer.toString(StandardCharsets.UTF_8);
            }
        }
        throw new AssertionError("the connection is still open after " + LONGEST + "; read: " + answer);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
