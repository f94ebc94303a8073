package dev.quorate.bench.http;

import dev.quorate.bench.http.Served.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * P9: three processes with a million keys beside three with ten thousand, else the same, asked in turn; then the million
 * while all three write snapshots, one after the other without a pause, and while none does.
 */
final class Growth {
    private static final int CONNECTIONS = 64;
    /** A heap that holds a million, for both; and no snapshot but those that are asked for. */
    private static final List<String> JVM = List.of("-Xmx1g", "-Dquorate.snapshot.every-bytes=64G");

    private final Path directory;
    private final int manyKeys;
    private final int rounds;
    private final int seconds;
    private final long warm;

    Growth(Path directory, boolean isShort) {
        this.directory = directory;
        this.manyKeys = isShort ? 100_000 : 1_000_000;
        this.rounds = isShort ? 1 : 4;
        this.seconds = isShort ? 1 : 4;
        this.warm = isShort ? 1_000 : 150_000;
    }

    void run() throws IOException, InterruptedException {
        try (Quorate few = Quorate.start("few", Strain.APP, directory.resolve("few"), JVM, List.of());
                Quorate many = Quorate.start("many", Strain.APP, directory.resolve("many"), JVM, List.of())) {
            few.fill(Requests.KEYS);
            many.fill(manyKeys);
            System.out.printf("The left side has %d keys, the right %d.%n%s%n", manyKeys, Requests.KEYS, Report.HEADER);
            for (Kind kind : List.of(Kind.MAJORITY_WRITE, Kind.READ, Kind.LINEARIZABLE_READ)) {
                growth(few, many, kind);
            }
            snapshots(many);
        }
    }

    private void growth(Quorate few, Quorate many, Kind kind) throws IOException, InterruptedException {
        Load.warm(few, kind, warm);
        Load.warm(many, kind, warm);
        List<Load.Result> ofMany = new ArrayList<>();
        List<Load.Result> ofFew = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            ofMany.add(Load.run(many, kind, CONNECTIONS, seconds));
            ofFew.add(Load.run(few, kind, CONNECTIONS, seconds));
        }
        System.out.println(Report.line("P9 " + kind, CONNECTIONS, ofMany, ofFew, 0.9, 0));
    }

    private void snapshots(Quorate many) throws IOException, InterruptedException {
        List<Load.Result> during = new ArrayList<>();
        List<Load.Result> without = new ArrayList<>();
        int written = 0;
        for (int round = 0; round < rounds; round++) {
            without.add(Load.run(many, Kind.MAJORITY_WRITE, CONNECTIONS, seconds));
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<Integer> asking = CompletableFuture.supplyAsync(() -> askForSnapshots(many, over));
            during.add(Load.run(many, Kind.MAJORITY_WRITE, CONNECTIONS, seconds));
            over.set(true);
            written += asking.join();
        }
        System.out.println(Report.line(
                "P9 writes during snapshots / without; " + written + " were written",
                CONNECTIONS,
                during,
                without,
                0,
                2));
    }

    /** Again as soon as one is there, of all three at once; returns how many were written, when none is under way. */
    private static int askForSnapshots(Quorate many, AtomicBoolean over) {
        try {
            int written = 0;
            List<Boolean> writing = new ArrayList<>(List.of(false, false, false));
            while (!over.get() || writing.contains(true)) {
                for (int id = 0; id < writing.size(); id++) {
                    Proc process = many.processes().get(id);
                    String status = over.get() ? process.get("/cluster") : process.post("/cluster/snapshot", "");
                    boolean now = status.contains("\"state\":\"writing\"");
                    written += writing.set(id, now) && !now ? 1 : 0;
                }
                Thread.sleep(20);
            }
            return written;
        } catch (IOException e) {
            throw new CompletionException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }
}
