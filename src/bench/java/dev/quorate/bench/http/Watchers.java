package dev.quorate.bench.http;

import dev.quorate.bench.http.Served.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;

/** How much a thousand watchers, at the leader, slow writes down: measured in turn with none. */
final class Watchers {
    private static final int CONNECTIONS = 64;

    private final Path directory;
    private final int watchers;
    private final int rounds;
    private final int seconds;
    private final long warm;

    /** What each of them watches. */
    private enum Watched {
        /** Keys that nobody writes. */
        NOTHING("nothing that changes", number -> "other-" + number),
        /** Ten keys of its own: each change is told to one of them. */
        OWN("ten keys of its own", number -> "key-%06d".formatted(number)),
        /** All keys: each change is told to every one. */
        ALL("all keys", number -> "");

        private final String label;
        private final IntFunction<String> prefix;

        Watched(String label, IntFunction<String> prefix) {
            this.label = label;
            this.prefix = prefix;
        }
    }

    Watchers(Path directory, boolean isShort) {
        this.directory = directory;
        this.watchers = isShort ? 50 : 1_000;
        this.rounds = isShort ? 1 : 4;
        this.seconds = isShort ? 1 : 4;
        this.warm = isShort ? 1_000 : 150_000;
    }

    void run() throws IOException, InterruptedException {
        Map<Watched, List<Load.Result>> with = new EnumMap<>(Watched.class);
        Map<Watched, List<String>> told = new EnumMap<>(Watched.class);
        for (Watched watched : Watched.values()) {
            with.put(watched, new ArrayList<>());
            told.put(watched, new ArrayList<>());
        }
        List<Load.Result> without = new ArrayList<>();
        try (Quorate quorate =
                Quorate.start("quorate", Strain.APP, directory.resolve("quorate"), List.of(), List.of())) {
            quorate.fill(Requests.KEYS);
            Load.warm(quorate, Kind.MAJORITY_WRITE, warm);
            for (int round = 0; round < rounds; round++) {
                without.add(Load.run(quorate, Kind.MAJORITY_WRITE, CONNECTIONS, seconds));
                for (Watched watched : Watched.values()) {
                    try (Streams streams = new Streams(quorate.url(), watchers, watched.prefix)) {
                        with.get(watched).add(Load.run(quorate, Kind.MAJORITY_WRITE, CONNECTIONS, seconds));
                        told.get(watched).add(told(streams));
                    }
                }
            }
        }
        System.out.printf("%d watchers; the left side has them, the right none.%n%s%n", watchers, Report.HEADER);
        for (Watched watched : Watched.values()) {
            String what = "writes, each watcher watches " + watched.label;
            System.out.println(Report.line(what, CONNECTIONS, with.get(watched), without, 0, 0));
        }
        told.forEach((watched, lines) -> System.out.println(watched.label + ": " + String.join("; ", lines)));
    }

    private String told(Streams streams) {
        return String.format(
                Locale.ROOT,
                "%.0f changes/s told, %d of %d streams ended",
                (double) streams.changes() / seconds,
                streams.ended(),
                watchers);
    }
}
