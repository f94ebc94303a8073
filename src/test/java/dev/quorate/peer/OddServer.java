package dev.quorate.peer;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Takes one request a connection and answers it with bytes made beforehand, or not at all. */
final class OddServer implements AutoCloseable {
    private final ServerSocket socket;
    private final byte[] answer;
    private volatile String request = "";

    /** Keeps the connection open after the answer, so that whoever waits for more waits for long. */
    private final boolean hangs;

    private OddServer(byte[] answer, boolean hangs) throws IOException {
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.answer = answer;
        this.hangs = hangs;
        Thread thread = new Thread(this::serve, "odd-server");
        thread.setDaemon(true);
        thread.start();
    }

    static OddServer answering(int status, byte[] body) throws IOException {
        return new OddServer(http(status, body.length, body), false);
    }

    /** Says that more follows, and hangs up. */
    static OddServer hangingUpAfter(byte[] half) throws IOException {
        return new OddServer(http(200, half.length * 2, half), false);
    }

    static OddServer answeringRaw(String text) throws IOException {
        return new OddServer(text.getBytes(StandardCharsets.UTF_8), false);
    }

    static OddServer silent() throws IOException {
        return new OddServer(new byte[0], true);
    }

    String url() {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }

    /** Head of the last request. */
    String request() {
        return request;
    }

    private static byte[] http(int status, int length, byte[] body) {
        byte[] head = ("HTTP/1.1 " + status + " Odd\r\nContent-Type: application/octet-stream\r\nContent-Length: "
                        + length + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                answerOne(socket.accept());
            } catch (IOException closedOrGone) {
                request = "failed: " + closedOrGone.getMessage();
            }
        }
    }

    private void answerOne(Socket connection) throws IOException {
        InputStream in = connection.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int read = in.read();
            if (read < 0) {
                return;
            }
            head.append((char) read);
        }
        request = head.toString();
        int at = request.toLowerCase(java.util.Locale.ROOT).indexOf("content-length:");
        int length = at < 0
                ? 0
                : Integer.parseInt(
                        request.substring(at + 15, request.indexOf("\r\n", at)).trim());
        new DataInputStream(in).readFully(new byte[length]);
        if (!hangs) {
            OutputStream out = connection.getOutputStream();
            out.write(answer);
            connection.close();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
