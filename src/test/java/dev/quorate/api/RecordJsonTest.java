package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.protocol.Position;
import dev.quorate.replica.StoredValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is written by hand must read back by a parser that somebody else wrote. */
class RecordJsonTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CASES = 20_000;

    @Test
    void aRecordReadsAsInTheDocumentation() {
        StoredValue stored = new StoredValue("user:1", utf8("Jessica"), null, new Position(3, 42), 1_750_000_000_007L);
        assertEquals(
                "{\"key\":\"user:1\",\"value\":\"Jessica\",\"version\":\"3.42\",\"timestamp\":\"2025-06-15T15:06:40.007Z\"}",
                new String(RecordJson.of(stored), StandardCharsets.UTF_8));
    }

    @Test
    void jacksonReadsBackWhateverTextIsWritten() throws IOException {
        long seed = 20261124;
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            String key = text(random);
            String value = text(random);
            JsonNode read = JSON.readTree(
                    RecordJson.of(new StoredValue(key, utf8(value), null, new Position(1, i), random.nextInt())));
            String replay = "seed " + seed + " case " + i;
            assertEquals(key, read.get("key").textValue(), replay);
            assertEquals(value, read.get("value").textValue(), replay);
            assertFalse(read.has("valueBase64"), replay);
        }
    }

    @Test
    void bytesThatAreNoTextComeAsBase64() throws IOException {
        long seed = 20261125;
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            byte[] value = new byte[random.nextInt(6)];
            random.nextBytes(value);
            JsonNode read = JSON.readTree(RecordJson.of(new StoredValue("k", value, null, new Position(1, 1), 0)));
            String replay = "seed " + seed + " case " + i;
            boolean text = isTextToTheJdk(value);
            assertEquals(text, Utf8.isText(value), replay);
            assertEquals(text, read.has("value"), replay);
            byte[] back = text
                    ? utf8(read.get("value").textValue())
                    : read.get("valueBase64").binaryValue();
            assertArrayEquals(value, back, replay);
        }
    }

    /** Every sequence that can begin a character, so that no form that is too long, cut off or a surrogate passes. */
    @Test
    void textIsWhatTheJdkTakesForIt() {
        int[] edges = {0x7f, 0x80, 0xbf, 0xc0};
        for (int lead = 0xbf; lead < 256; lead++) {
            for (int second = 0; second < 256; second++) {
                for (int third : edges) {
                    byte[] three = {(byte) lead, (byte) second, (byte) third};
                    assertEquals(isTextToTheJdk(three), Utf8.isText(three), () -> ByteBuffer.wrap(three) + "");
                    byte[] four = {(byte) lead, (byte) second, (byte) third, (byte) 0x80};
                    assertEquals(isTextToTheJdk(four), Utf8.isText(four), () -> ByteBuffer.wrap(four) + "");
                }
            }
        }
    }

    @Test
    void lengthsAreThoseOfTheEncodedText() {
        Random random = new Random(7);
        for (int i = 0; i < CASES; i++) {
            String text = text(random);
            assertEquals(utf8(text).length, Utf8.lengthBytes(text), text);
        }
        assertEquals(-1, Utf8.lengthBytes("a\ud800"));
        assertEquals(-1, Utf8.lengthBytes("\udc00a"));
        assertEquals(-1, Utf8.lengthBytes("\ud800\ud800\udc00"));
    }

    @Test
    void timesAreThoseOfAFormatter() {
        DateTimeFormatter iso =
                DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
        DateTimeFormatter http = DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
                .withZone(ZoneOffset.UTC);
        Random random = new Random(11);
        for (int i = 0; i < CASES; i++) {
            long at = random.nextLong(0, 4_102_444_800_000L) * (i % 10 == 0 ? -1 : 1) / 10;
            assertEquals(iso.format(Instant.ofEpochMilli(at)), Times.iso(at));
            assertEquals(http.format(Instant.ofEpochMilli(at)), Times.http(at));
        }
        assertTrue(Times.http(0).startsWith("Thu, 01 Jan 1970 00:00:00"));
    }

    private static boolean isTextToTheJdk(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static String text(Random random) {
        StringBuilder out = new StringBuilder();
        int length = random.nextInt(12);
        for (int i = 0; i < length; i++) {
            int point = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(0x20);
                case 1 -> "\"\\/\u007f\u2028<'".codePointAt(random.nextInt(7));
                case 2 -> random.nextInt(0x800);
                default -> random.nextInt(0x110000);
            };
            if (point < 0xd800 || point > 0xdfff) {
                out.appendCodePoint(point);
            }
        }
        return out.toString();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
