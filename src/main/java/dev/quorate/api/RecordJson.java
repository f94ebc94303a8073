package dev.quorate.api;

import dev.quorate.replica.StoredValue;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * A record as JSON: {@code {"key","value","version","timestamp"}}. Written by hand: a value that is text is UTF-8
 * already, so its bytes are copied, and only what JSON forbids is escaped. Bytes that are no text are shown as
 * {@code valueBase64} in the place of {@code value}.
 */
final class RecordJson {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] KEY = ascii("{\"key\":\"");
    private static final byte[] VALUE = ascii("\",\"value\":\"");
    private static final byte[] VALUE_BASE64 = ascii("\",\"valueBase64\":\"");
    private static final byte[] VERSION = ascii("\",\"version\":\"");
    private static final byte[] TIMESTAMP = ascii("\",\"timestamp\":\"");
    private static final byte[] END = ascii("\"}");

    private RecordJson() {}

    /** The document. */
    static byte[] of(StoredValue stored) {
        boolean text = Utf8.isText(stored.value());
        byte[] key = stored.key().getBytes(StandardCharsets.UTF_8);
        byte[] valueName = text ? VALUE : VALUE_BASE64;
        byte[] value = text ? stored.value() : Base64.getEncoder().encode(stored.value());
        byte[] version = ascii(stored.version().toString());
        byte[] timestamp = ascii(Times.iso(stored.timestampMs()));
        byte[] out = new byte
                [KEY.length
                        + escapedLength(key)
                        + valueName.length
                        + escapedLength(value)
                        + VERSION.length
                        + version.length
                        + TIMESTAMP.length
                        + timestamp.length
                        + END.length];
        int at = copy(KEY, out, 0);
        at = escape(key, out, at);
        at = copy(valueName, out, at);
        at = escape(value, out, at);
        at = copy(VERSION, out, at);
        at = copy(version, out, at);
        at = copy(TIMESTAMP, out, at);
        at = copy(timestamp, out, at);
        copy(END, out, at);
        return out;
    }

    /** The members that tell the value, for a document that is put together of several. */
    static void value(StoredValue stored, Map<String, Object> members) {
        byte[] value = stored.value();
        if (Utf8.isText(value)) {
            members.put("value", new String(value, StandardCharsets.UTF_8));
        } else {
            members.put("valueBase64", Base64.getEncoder().encodeToString(value));
        }
        if (stored.contentType() != null) {
            members.put("contentType", stored.contentType());
        }
        members.put("timestamp", Times.iso(stored.timestampMs()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int copy(byte[] bytes, byte[] out, int at) {
        System.arraycopy(bytes, 0, out, at, bytes.length);
        return at + bytes.length;
    }

    private static int escapedLength(byte[] utf8) {
        int length = utf8.length;
        for (byte b : utf8) {
            if (b == '"' || b == '\\') {
                length++;
            } else if (b >= 0 && b < 0x20) {
                length += 5;
            }
        }
        return length;
    }

    private static int escape(byte[] utf8, byte[] out, int start) {
        int at = start;
        for (byte b : utf8) {
            if (b == '"' || b == '\\') {
                out[at++] = '\\';
                out[at++] = b;
            } else if (b >= 0 && b < 0x20) {
                out[at++] = '\\';
                out[at++] = 'u';
                out[at++] = '0';
                out[at++] = '0';
                out[at++] = HEX[b >> 4];
                out[at++] = HEX[b & 0xf];
            } else {
                out[at++] = b;
            }
        }
        return at;
    }
}
