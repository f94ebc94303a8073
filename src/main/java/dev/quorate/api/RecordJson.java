package dev.quorate.api;

import dev.quorate.replica.StoredValue;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;

/** A record as JSON, written by hand: the reads of the original are the hot path. */
final class RecordJson {
    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private RecordJson() {}

    /** {@code {"key","value","version","timestamp"}}; a value that is not text is {@code valueBase64}. */
    static byte[] write(StoredValue record) {
        StringBuilder out = new StringBuilder(128 + record.value().length);
        out.append("{\"key\":");
        quote(out, record.key());
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(record.value()))
                    .toString();
            out.append(",\"value\":");
            quote(out, text);
        } catch (CharacterCodingException e) {
            out.append(",\"valueBase64\":\"")
                    .append(Base64.getEncoder().encodeToString(record.value()))
                    .append('"');
        }
        out.append(",\"version\":\"").append(record.version().term());
        out.append('.').append(record.version().index()).append("\",\"timestamp\":\"");
        TIMESTAMP.formatTo(Instant.ofEpochMilli(record.timestampMs()), out);
        return out.append("\"}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
