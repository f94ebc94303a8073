package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries are taken literally or not at all. */
class QueryTest {
    @ParameterizedTest
    @CsvSource({
        "key=a,a",
        "key=,''",
        "key,''",
        "x=1&key=a&y,a",
        "key=a%2Fb%25%20c+d%2B,a/b% c d+",
        "key=%C3%A4%F0%9F%8C%80,ä🌀",
        "k%65y=a=b,a=b",
        "xkey=1&key=a,a",
    })
    void aParameterIsDecodedOnce(String raw, String expected) {
        assertEquals(expected, Query.of(raw).required("key"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"key=a&key=b", "key=a&k%65y=a", "key=%", "key=%2", "key=%zz", "key=%FF", "key=%ED%A0%80", "x=1"})
    void whatIsDoubledBrokenOrMissingIsRefused(String raw) {
        Problem problem = assertThrows(Problem.class, () -> Query.of(raw).required("key"));
        assertEquals(400, problem.status());
    }

    @Test
    void absenceIsNoError() {
        assertNull(Query.of(null).optional("key"));
        assertNull(Query.of("").optional("key"));
        assertEquals(-1, Query.of("").number("r", QueryTest::refusal));
        assertEquals(12, Query.of("r=12").number("r", QueryTest::refusal));
    }

    @ParameterizedTest
    @ValueSource(strings = {"r=", "r=x", "r=-1", "r=+1", "r=1.5", "r=9999999999", "r=%D9%A1", "r=1&r=1"})
    void whatIsNoNumberIsRefused(String raw) {
        assertThrows(Problem.class, () -> Query.of(raw).number("r", QueryTest::refusal));
    }

    private static Problem refusal() {
        return Problem.badRequest("r", "must be a number");
    }
}
