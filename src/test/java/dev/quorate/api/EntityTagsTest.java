package dev.quorate.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.quorate.protocol.Position;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of entity tags as RFC 9110 has them, and what each matches. */
class EntityTagsTest {
    private static final Position VERSION = new Position(3, 42);

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "*; true; true",
                " * ; true; true",
                "\"3.42\"; true; true",
                "W/\"3.42\"; false; true",
                "\"3.41\"; false; false",
                "\"3.41\", \"3.42\"; true; true",
                "\"3.41\",\"3.42\"; true; true",
                ", ,\"3.42\" ,; true; true",
                "W/\"3.41\", \"3.42\"; true; true",
                "\"3.41\"|\"3.42\"; true; true",
                "\"a,b\", \"3.42\"; true; true",
                "\"03.42\"; false; false",
                "\"3.42 \"; false; false",
                "\"\"; false; false",
                "\"99999999999999999999.1\"; false; false",
            })
    void whatIsListedMatches(String lines, boolean strongly, boolean weakly) {
        EntityTags tags = EntityTags.of("If-Match", Arrays.asList(lines.split("\\|", -1)));
        assertNotNull(tags);
        assertEquals(strongly, tags.matchesStrongly(VERSION));
        assertEquals(weakly, tags.matchesWeakly(VERSION));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ",", "3.42", "\"3.42", "\"3.42\" \"3.43\"", "*, \"3.42\"", "w/\"3.42\"", "\"3.42\"x", "W/"})
    void whatIsNoListIsRefused(String line) {
        Problem problem = assertThrows(Problem.class, () -> EntityTags.of("If-Match", List.of(line)));
        assertEquals(400, problem.status());
    }

    @Test
    void withoutTheHeaderThereIsNoCondition() {
        assertNull(EntityTags.of("If-Match", List.of()));
    }
}
