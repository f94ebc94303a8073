package dev.quorate.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.quorate.replica.ConfigurationException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The delays of the laboratory as they are written. */
class DelaysTest {
    @Test
    void eachFollowerHasItsDelay() {
        assertEquals(
                Map.of(1, Duration.ofMillis(200), 2, Duration.ofMillis(500)),
                Delays.parse(Optional.of(List.of("1=200ms", " 2 = 500ms "))));
        assertEquals(Map.of(), Delays.parse(Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1=", "=1s", "x=1s", "1=soon", "-1=1s", "1=PT-1S"})
    void anythingElseEndsTheStart(String text) {
        ConfigurationException e =
                assertThrows(ConfigurationException.class, () -> Delays.parse(Optional.of(List.of(text))));
        assertEquals(
                "quorate.lab.replication-delay has " + text
                        + ", but must be like 1=200ms,2=500ms: each replica once, and how long",
                e.getMessage());
    }

    @Test
    void aFollowerHasOneDelay() {
        assertThrows(ConfigurationException.class, () -> Delays.parse(Optional.of(List.of("1=1s", "1=2s"))));
    }
}
