package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.protocol.WriteConcern;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a write's body may be, and what is said of one that it may not be. */
class WriteBodyTest {
    private static final WriteBody.Limits LIMITS = new WriteBody.Limits(8, 16, 3);

    @Test
    void membersComeInAnyOrderAndStrangersAreIgnored() {
        WriteBody write = parse(" {\"w\":2, \"x\":{\"key\":[1]}, \"value\":\"\\u00e4\", \"key\":\"k\"} ");
        assertEquals("k", write.key());
        assertArrayEquals(new byte[] {(byte) 0xc3, (byte) 0xa4}, write.value());
        assertEquals(WriteConcern.of(2), write.concern());
        assertNull(parse("{\"key\":\"k\",\"value\":\"\"}").concern());
        assertEquals(
                WriteConcern.ALL,
                parse("{\"key\":\"k\",\"value\":\"\",\"w\":\"all\"}").concern());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "body  | 400 | ",
                "body  | 400 | nonsense",
                "body  | 400 | null",
                "body  | 400 | []",
                "body  | 400 | \"key\"",
                "body  | 400 | {\"key\":\"k\",\"value\":\"v\"",
                "body  | 400 | {\"key\":\"k\",\"value\":\"v\"} x",
                "body  | 400 | {\"key\":\"k\",\"value\":\"v\"}{}",
                "body  | 400 | {\"key\":\"k\",\"value\":\"v\",}",
                "body  | 400 | {'key':'k'}",
                "key   | 400 | {}",
                "key   | 400 | {\"value\":\"v\"}",
                "value | 400 | {\"key\":\"k\"}",
                "key   | 400 | {\"key\":1,\"value\":\"v\"}",
                "key   | 400 | {\"key\":null,\"value\":\"v\"}",
                "key   | 400 | {\"key\":{},\"value\":\"v\"}",
                "value | 400 | {\"key\":\"k\",\"value\":null}",
                "value | 400 | {\"key\":\"k\",\"value\":true}",
                "value | 400 | {\"key\":\"k\",\"value\":[\"v\"]}",
                "value | 400 | {\"key\":\"k\",\"value\":\"\\ud800\"}",
                "key   | 400 | {\"key\":\"\",\"value\":\"v\"}",
                "key   | 400 | {\"key\":\"a\\u0000\",\"value\":\"v\"}",
                "key   | 400 | {\"key\":\"\\udc00\",\"value\":\"v\"}",
                "key   | 400 | {\"key\":\"123456789\",\"value\":\"v\"}",
                "key   | 400 | {\"key\":\"\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\",\"value\":\"v\"}",
                "value | 413 | {\"key\":\"k\",\"value\":\"12345678901234567\"}",
                "key   | 400 | {\"key\":\"k\",\"key\":\"k\",\"value\":\"v\"}",
                "value | 400 | {\"key\":\"k\",\"value\":\"v\",\"value\":\"v\"}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":1,\"w\":1}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":0}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":4}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":-1}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":1.0}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":4294967297}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":\"most\"}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":\"2\"}",
                "w     | 400 | {\"key\":\"k\",\"value\":\"v\",\"w\":null}",
            })
    void whatIsWrongIsNamed(String member, int status, String body) {
        Problem problem = assertThrows(Problem.class, () -> parse(body == null ? "" : body));
        assertEquals(status, problem.status());
        String document = new String(problem.json(), StandardCharsets.UTF_8);
        assertTrue(document.contains("\"member\":\"" + member + "\""), document);
        assertFalse(document.contains("com.fasterxml") || document.contains("Exception"), document);
    }

    @Test
    void theRangeOfConcernsNamesN() {
        Problem problem = assertThrows(Problem.class, () -> parse("{\"key\":\"k\",\"value\":\"v\",\"w\":4}"));
        assertTrue(String.valueOf(problem.getMessage()).contains("1..3"), problem.getMessage());
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] body = "{\"key\":\"k\",\"value\":\"?\"}".getBytes(StandardCharsets.UTF_8);
        body[20] = (byte) 0xff;
        assertEquals(
                400,
                assertThrows(Problem.class, () -> WriteBody.parse(body, LIMITS)).status());
    }

    /** Whatever comes is a write or a problem, and nothing else leaves. */
    @Test
    void noBytesBreakTheParser() {
        long seed = 20261126;
        Random random = new Random(seed);
        byte[] good =
                "{\"key\":\"k\",\"value\":\"v\\u00e4\",\"w\":\"all\",\"x\":[{}]}".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 50_000; i++) {
            byte[] body = good.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            try {
                WriteBody.parse(body, LIMITS);
            } catch (Problem expected) {
                assertTrue(expected.status() == 400 || expected.status() == 413, "seed " + seed + " case " + i);
            }
        }
    }

    private static WriteBody parse(String body) {
        return WriteBody.parse(body.getBytes(StandardCharsets.UTF_8), LIMITS);
    }
}
