package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three processes of Quorate, each with its own log, every write synced, nothing delayed. */
final class Quorate implements Served {
    private static final Pattern LEADER = Pattern.compile("\"leader\":(\\d+)");
    private static final Pattern REPLICA = Pattern.compile("\"id\":(\\d+)[^}]*?\"lastIndex\":(\\d+)");

    /** What the store takes at a time. */
    private static final int BATCH = 1000;

    private final String name;
    private final Path directory;
    private final List<Proc> processes = new ArrayList<>();
    private int leader;
    private int keys = Requests.KEYS;

    private Quorate(String name, Path directory) {
        this.name = name;
        this.directory = directory;
    }

    /**
     * Starts three and waits for them.
     *
     * @param app a {@code quarkus-app} folder
     * @param jvm options of all three JVMs
     * @param leaderJvm options of replica 0's alone
     */
    static Quorate start(String name, Path app, Path directory, List<String> jvm, List<String> leaderJvm)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Quorate started = new Quorate(name, directory);
        try {
            List<Integer> ports = List.of(Proc.freePort(), Proc.freePort(), Proc.freePort());
            String members = "http://127.0.0.1:%d,http://127.0.0.1:%d,http://127.0.0.1:%d".formatted(ports.toArray());
            for (int id = 0; id < ports.size(); id++) {
                List<String> options = new ArrayList<>(jvm);
                options.addAll(id == 0 ? leaderJvm : List.of());
                options.add("-Dquorate.members=" + members);
                options.add("-Dquorate.replica-id=" + id);
                options.add("-Dquorate.data-dir=" + directory.resolve("data"));
                List<String> command = Proc.java(options, app, ports.get(id));
                started.processes.add(Proc.start(command, ports.get(id), directory.resolve("replica-" + id + ".log")));
            }
            for (Proc process : started.processes) {
                process.awaitStatus("/q/health/ready", 200);
            }
            started.leader = (int) number(LEADER, started.processes.get(0).get("/cluster"));
            return started;
        } catch (IOException | InterruptedException | RuntimeException e) {
            started.close();
            throw e;
        }
    }

    /** From the start of a process to its being ready, with nothing configured: it hosts all three replicas. */
    static Duration startToReady(Path app, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        int port = Proc.freePort();
        List<String> options = List.of("-Dquorate.data-dir=" + directory.resolve("data"));
        try (Proc process = Proc.start(Proc.java(options, app, port), port, directory.resolve("start.log"))) {
            return process.awaitStatus("/q/health/ready", 200);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String url() {
        return leader().url();
    }

    @Override
    public Path requests(Kind kind) throws IOException {
        return Requests.write(directory.resolve(kind + ".requests"), keys, number -> {
            String key = Requests.key(number);
            return switch (kind) {
                case MAJORITY_WRITE -> Requests.put("/kv/" + key, Requests.value(number));
                case WRITE ->
                    Requests.post("/write", "{\"key\":\"" + key + "\",\"value\":\"" + Requests.value(number) + "\"}");
                case READ -> Requests.get("/kv/" + key + "?read=leader");
                case ORIGINAL_READ -> Requests.get("/read?key=" + key);
                case LINEARIZABLE_READ -> Requests.get("/kv/" + key);
            };
        });
    }

    /** Writes so many keys, and asks for them from now on. */
    void fill(int count) throws IOException, InterruptedException {
        for (int from = 0; from < count; from += BATCH) {
            String operations = IntStream.range(from, Math.min(count, from + BATCH))
                    .mapToObj(number -> "{\"put\":\"" + Requests.key(number) + "\",\"value\":\""
                            + Requests.value(number) + "\",\"contentType\":\"text/plain\"}")
                    .collect(Collectors.joining(","));
            String answer = leader().post("/kv/_batch", "{\"operations\":[" + operations + "]}");
            if (!answer.contains("\"committed\":\"true\"")) {
                throw new IOException("a batch was not written: " + answer);
            }
        }
        keys = count;
    }

    Proc leader() {
        return processes.get(leader);
    }

    List<Proc> processes() {
        return processes;
    }

    /** Each replica's own last index, asked of itself. */
    @Override
    public List<Long> held() throws IOException, InterruptedException {
        List<Long> held = new ArrayList<>();
        for (int id = 0; id < processes.size(); id++) {
            Matcher replica = REPLICA.matcher(processes.get(id).get("/cluster"));
            while (replica.find()) {
                if (replica.group(1).equals(String.valueOf(id))) {
                    held.add(Long.valueOf(replica.group(2)));
                }
            }
        }
        return held;
    }

    static long number(Pattern pattern, String text) throws IOException {
        Matcher found = pattern.matcher(text);
        if (!found.find()) {
            throw new IOException("no " + pattern + " in " + text);
        }
        return Long.parseUnsignedLong(found.group(1)); // the ids of etcd use all 64 bits
    }

    @Override
    public void close() {
        processes.forEach(Proc::close);
    }
}
