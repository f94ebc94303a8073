package dev.quorate.bench.http;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Asks a process that is under load, once a second, what operators and their machines ask, and notes what it uses. */
final class Probe implements AutoCloseable {
    private static final List<String> PATHS = List.of("/q/health", "/cluster", "/q/metrics");

    private final Proc process;
    private final Thread thread = new Thread(this::look, "probe");
    private int asked;
    private int failed;
    private double slowestMs;
    private double heapMb;
    private double directMb;

    Probe(Proc process) {
        this.process = process;
        thread.start();
    }

    private void look() {
        try {
            while (true) {
                for (String path : PATHS) {
                    ask(path);
                }
                Thread.sleep(1_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask(String path) throws InterruptedException {
        long startNanos = System.nanoTime();
        asked++;
        try {
            if (path.equals("/q/metrics")) {
                heapMb = Math.max(heapMb, process.metrics("jvm_memory_used_bytes\\{area=\"heap\".*") / 1e6);
                directMb = Math.max(directMb, process.metrics("jvm_buffer_memory_used_bytes\\{id=\"direct\".*") / 1e6);
            } else {
                String unused = process.get(path);
            }
        } catch (IOException e) {
            failed++;
        }
        slowestMs = Math.max(slowestMs, (System.nanoTime() - startNanos) / 1e6);
    }

    /** Ends it. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What it saw; once it has ended. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "health, /cluster and metrics of the leader asked %d times: %d failed, the slowest took %.0f ms; at most"
                        + " %.0f MB of heap and %.0f MB of direct buffers in use when asked",
                asked,
                failed,
                slowestMs,
                heapMb,
                directMb);
    }
}
