package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** Three processes of etcd, asked by the JSON gateway that it has for those who speak HTTP; its reads are linearizable. */
final class Etcd implements Served {
    private static final Pattern MEMBER = Pattern.compile("\"member_id\":\"(\\d+)\"");
    private static final Pattern LEADER = Pattern.compile("\"leader\":\"(\\d+)\"");
    private static final Pattern REVISION = Pattern.compile("\"revision\":\"(\\d+)\"");

    private final Path directory;
    private final List<Proc> processes = new ArrayList<>();
    private Proc leader;

    private Etcd(Path directory) {
        this.directory = directory;
    }

    static Etcd start(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Etcd started = new Etcd(directory);
        try {
            List<String> peers = new ArrayList<>();
            for (int id = 0; id < 3; id++) {
                peers.add("http://127.0.0.1:" + Proc.freePort());
            }
            String cluster = "e0=%s,e1=%s,e2=%s".formatted(peers.toArray());
            for (int id = 0; id < peers.size(); id++) {
                int port = Proc.freePort();
                Path log = directory.resolve("e" + id + ".log");
                started.processes.add(Proc.start(command(directory, id, port, peers.get(id), cluster), port, log));
            }
            for (Proc process : started.processes) {
                process.awaitStatus("/health", 200);
            }
            started.leader = started.findLeader();
            return started;
        } catch (IOException | InterruptedException | RuntimeException e) {
            started.close();
            throw e;
        }
    }

    private static List<String> command(Path directory, int id, int port, String peer, String cluster) {
        String client = "http://127.0.0.1:" + port;
        return List.of(
                "etcd",
                "--name=e" + id,
                "--data-dir=" + directory.resolve("e" + id),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=" + cluster,
                "--initial-cluster-token=bench",
                "--enable-v2=false",
                "--logger=zap",
                "--log-level=error");
    }

    private Proc findLeader() throws IOException, InterruptedException {
        for (Proc process : processes) {
            String status = process.post("/v3/maintenance/status", "{}");
            if (Quorate.number(MEMBER, status) == Quorate.number(LEADER, status)) {
                return process;
            }
        }
        throw new IOException("etcd has no leader; see " + directory);
    }

    @Override
    public String name() {
        return "etcd";
    }

    @Override
    public String url() {
        return leader.url();
    }

    @Override
    public Path requests(Kind kind) throws IOException {
        return Requests.write(directory.resolve(kind + ".requests"), Requests.KEYS, number -> {
            String key = base64(Requests.key(number));
            return !kind.writes()
                    ? Requests.post("/v3/kv/range", "{\"key\":\"" + key + "\"}")
                    : Requests.post(
                            "/v3/kv/put",
                            "{\"key\":\"" + key + "\",\"value\":\"" + base64(Requests.value(number)) + "\"}");
        });
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Each member's revision, which counts its puts. */
    @Override
    public List<Long> held() throws IOException, InterruptedException {
        List<Long> held = new ArrayList<>();
        for (Proc process : processes) {
            held.add(Quorate.number(REVISION, process.post("/v3/maintenance/status", "{}")));
        }
        return held;
    }

    @Override
    public void close() {
        processes.forEach(Proc::close);
    }
}
