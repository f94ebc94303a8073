package dev.quorate.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A sequence of commands that fails, made shorter for whoever has to understand why. */
public final class Shortening {
    private Shortening() {}

    /** Whether what is tried still fails. */
    @FunctionalInterface
    public interface Fails<T> {
        boolean with(List<T> commands) throws IOException;
    }

    /** Leaves out ever smaller parts, as long as it still fails without them. */
    public static <T> List<T> shortest(List<T> commands, Fails<T> fails) throws IOException {
        List<T> shortest = commands;
        for (int part = Math.max(1, commands.size() / 2); part > 0; part /= 2) {
            for (int at = 0; at < shortest.size(); ) {
                List<T> without = new ArrayList<>(shortest);
                without.subList(at, Math.min(at + part, without.size())).clear();
                if (fails.with(without)) {
                    shortest = without;
                } else {
                    at += part;
                }
            }
        }
        return shortest;
    }
}
