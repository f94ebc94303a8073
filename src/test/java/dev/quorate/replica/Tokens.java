package dev.quorate.replica;

import dev.quorate.protocol.LogView;
import dev.quorate.protocol.Position;
import java.util.Locale;

/** What replicas say of session tokens, for scripts. */
public final class Tokens {
    private Tokens() {}

    /** {@code reached}, {@code discarded} or {@code ahead}. */
    public static String standing(Position token, LogView log, long commitIndex) {
        return PositionWaits.judge(token, log, commitIndex).name().toLowerCase(Locale.ROOT);
    }
}
