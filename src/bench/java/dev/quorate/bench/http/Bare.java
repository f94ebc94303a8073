package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The bare Quarkus endpoint of {@code src/bench/bare}. */
final class Bare implements Served {
    private final Path directory;
    private final Proc process;

    private Bare(Path directory, Proc process) {
        this.directory = directory;
        this.process = process;
    }

    static Bare start(Path app, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        int port = Proc.freePort();
        Proc process = Proc.start(Proc.java(List.of(), app, port), port, directory.resolve("bare.log"));
        Bare started = new Bare(directory, process);
        started.awaitReady();
        return started;
    }

    /** It has no health check; that there is no record yet is an answer. */
    private Duration awaitReady() throws IOException, InterruptedException {
        try {
            return process.awaitStatus("/record?key=none", 404);
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    static Duration startToReady(Path app, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        int port = Proc.freePort();
        Proc process = Proc.start(Proc.java(List.of(), app, port), port, directory.resolve("start.log"));
        try (Bare started = new Bare(directory, process)) {
            return started.awaitReady();
        }
    }

    @Override
    public String name() {
        return "bare";
    }

    @Override
    public String url() {
        return process.url();
    }

    @Override
    public Path requests(Kind kind) throws IOException {
        return Requests.write(
                directory.resolve(kind + ".requests"),
                Requests.KEYS,
                number -> !kind.writes()
                        ? Requests.get("/record?key=" + Requests.key(number))
                        : Requests.post(
                                "/record",
                                "{\"key\":\"" + Requests.key(number) + "\",\"value\":\"" + Requests.value(number)
                                        + "\"}"));
    }

    @Override
    public List<Long> held() {
        return List.of();
    }

    @Override
    public void close() {
        process.close();
    }
}
