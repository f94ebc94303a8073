package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** As much of an HTTP answer as tells where it ends, and what it was. */
final class Answer {
    private static final int LONGEST_HEAD = 8192;

    private final byte[] head = new byte[LONGEST_HEAD];
    private int headBytes;
    private boolean inBody;
    private long bodyLeft;
    private int status;
    private boolean closes;

    void begin() {
        headBytes = 0;
        inBody = false;
    }

    /** Takes what came, and says whether that was the end. */
    boolean take(ByteBuffer read) throws IOException {
        while (!inBody && read.hasRemaining()) {
            if (headBytes == LONGEST_HEAD) {
                throw new IOException("the head of an answer is too long");
            }
            head[headBytes++] = read.get();
            if (headBytes >= 4 && head[headBytes - 1] == '\n' && head[headBytes - 3] == '\n') {
                readHead();
            }
        }
        bodyLeft -= inBody ? read.remaining() : 0;
        return inBody && bodyLeft <= 0;
    }

    private void readHead() throws IOException {
        String text = new String(head, 0, headBytes, StandardCharsets.ISO_8859_1);
        status = Integer.parseInt(text.substring(9, 12));
        if (status == 100) {
            headBytes = 0;
            return;
        }
        String lines = text.toLowerCase(Locale.ROOT);
        closes = lines.contains("\r\nconnection: close");
        int length = lines.indexOf("\r\ncontent-length:");
        if (length < 0 && status != 204) {
            throw new IOException("an answer without its length: " + text);
        }
        bodyLeft = length < 0
                ? 0
                : Long.parseLong(lines.substring(length + 17, lines.indexOf('\r', length + 2))
                        .trim());
        inBody = true;
    }

    int status() {
        return status;
    }

    boolean closes() {
        return closes;
    }
}
