package dev.quorate.process;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The packaged program, and how tests start it. Starts are half of what these tests cost, so the first one of a build leaves
 * an archive of the classes that a replica loads, which all others map.
 */
final class Program {
    private static final Path BUILD =
            Path.of(System.getProperty("build.dir", "target")).toAbsolutePath();
    private static final Path JAR = BUILD.resolve("quarkus-app/quarkus-run.jar");
    private static final Path ARCHIVE = BUILD.resolve("program-classes.jsa");

    private static final String MAPPED = "-XX:SharedArchiveFile=" + ARCHIVE;

    private static final List<String> QUICK = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // The compiler's own output: an eighth of a start is spent on proving it well formed.
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote");

    /** Where replicas are said to be that are not: nothing listens there. */
    private static final List<String> NOBODY = List.of("http://127.0.0.1:1", "http://127.0.0.1:2");

    private Program() {}

    /** The command line of a start: the options of the JVM, the program, and its arguments. */
    static synchronized List<String> command(List<String> options, List<String> arguments) {
        try {
            makeArchive();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        List<String> all = new ArrayList<>(options);
        if (Files.exists(ARCHIVE)) {
            all.add(MAPPED);
        }
        return line(all, arguments);
    }

    /** What the processes that a process of this program starts get of the same, in an environment variable of the JVM's. */
    static void quicken(Map<String, String> environment) {
        environment.put("JAVA_TOOL_OPTIONS", String.join(" ", QUICK) + " " + MAPPED);
    }

    private static List<String> line(List<String> options, List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        line.add("-Xmx256m");
        line.addAll(QUICK);
        line.addAll(options);
        line.addAll(List.of("-jar", JAR.toString()));
        line.addAll(arguments);
        return line;
    }

    /** Once a build, whichever of the test processes comes first. */
    private static void makeArchive() throws IOException, InterruptedException {
        Path lock = BUILD.resolve("program-classes.lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var locked = channel.lock()) {
            boolean made = locked.isValid()
                    && Files.exists(ARCHIVE)
                    && Files.getLastModifiedTime(ARCHIVE).compareTo(Files.getLastModifiedTime(JAR)) > 0;
            if (!made) {
                Files.deleteIfExists(ARCHIVE);
                leaveArchive();
            }
        }
    }

    /** One that looks for its followers in vain, and is stopped in order once it has answered, whatever it said. */
    private static void leaveArchive() throws IOException, InterruptedException {
        String url = "http://127.0.0.1:" + ProcessCluster.freePort();
        Path data = Files.createTempDirectory(BUILD, "archived");
        List<String> options = List.of(
                "-XX:ArchiveClassesAtExit=" + ARCHIVE,
                "-Dquorate.data-dir=" + data,
                "-Dquorate.wal.segment-size=1M",
                "-Dquorate.election=none",
                "-Dquorate.replica-id=0",
                "-Dquorate.members=" + url + "," + String.join(",", NOBODY),
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + URI.create(url).getPort());
        Process process = new ProcessBuilder(line(options, List.of()))
                .redirectErrorStream(true)
                .redirectOutput(BUILD.resolve("program-classes.log").toFile())
                .start();
        await("the program answers, see " + BUILD.resolve("program-classes.log"))
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> write(url) > 0);
        process.destroy();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it ends, and leaves its classes");
        RunDirectory.delete(data);
    }

    private static int write(String url) throws IOException, InterruptedException {
        HttpRequest put = HttpRequest.newBuilder(URI.create(url + "/kv/a?w=1&timeout=1s"))
                .PUT(HttpRequest.BodyPublishers.ofString("b"))
                .build();
        return HttpClient.newHttpClient()
                .send(put, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
