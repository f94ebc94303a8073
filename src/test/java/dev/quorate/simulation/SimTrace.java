package dev.quorate.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What happened, in words; kept only when somebody is going to read it. */
final class SimTrace {
    private final boolean kept;
    private final List<String> lines = new ArrayList<>();

    SimTrace(boolean kept) {
        this.kept = kept;
    }

    void add(Supplier<String> line) {
        if (kept) {
            lines.add(line.get());
        }
    }

    List<String> lines() {
        return lines;
    }
}
