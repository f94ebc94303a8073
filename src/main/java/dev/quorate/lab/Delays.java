package dev.quorate.lab;

import dev.quorate.replica.ConfigurationException;
import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code 1=200ms,2=500ms}. */
final class Delays {
    private Delays() {}

    /** @throws ConfigurationException if one is not a replica, an equals sign and a duration */
    static Map<Integer, Duration> parse(Optional<List<String>> texts) {
        Map<Integer, Duration> delays = new HashMap<>();
        for (String text : texts.orElse(List.of())) {
            int equals = text.indexOf('=');
            try {
                int replica =
                        Integer.parseInt(text.substring(0, Math.max(0, equals)).trim());
                Duration delay = DurationConverter.parseDuration(
                        text.substring(equals + 1).trim());
                if (replica < 0 || delay == null || delay.isNegative() || delays.put(replica, delay) != null) {
                    throw new IllegalArgumentException(text);
                }
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException("quorate.lab.replication-delay has " + text
                        + ", but must be like 1=200ms,2=500ms: each replica once, and how long");
            }
        }
        return delays;
    }
}
