package dev.quorate.api;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.replica.HostedReplicas;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A typed client is generated from the document, compiled, and does what it should: {@code src/test/client} uses it. The
 * profile {@code client} fetches the generator.
 */
@QuarkusTest
@EnabledIfSystemProperty(named = "openapi.generator", matches = ".+")
class GeneratedClientTest {
    private static final Path CLIENT = Path.of(System.getProperty("build.dir", "target"), "openapi-client");

    /** Only what is compiled, without documentation, tests or build files. */
    private static final String PARTS =
            "apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false";

    private static final String PROPERTIES = "invokerPackage=dev.quorate.client,apiPackage=dev.quorate.client,"
            + "modelPackage=dev.quorate.client,openApiNullable=false,useJakartaEe=true,hideGenerationTimestamp=true";

    @Inject
    HostedReplicas hosted;

    @TestHTTPResource("/")
    @Nullable
    URL server;

    @Test
    void aTypedClientIsGeneratedAndUsed() throws Exception {
        generate();
        Path classes = compile();
        await().atMost(Duration.ofSeconds(20)).until(() -> hosted.awaiting().isEmpty());
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
            @SuppressWarnings("unchecked")
            Function<String, List<String>> walk =
                    (Function<String, List<String>>) loader.loadClass("dev.quorate.client.ClientWalk")
                            .getConstructor()
                            .newInstance();
            String url = Objects.requireNonNull(server).toString().replaceAll("/$", "");
            assertEquals(
                    List.of(
                            "clients/of a kind%",
                            "[0, 1, 2]",
                            "true",
                            "Jessica",
                            "0",
                            "412 urn:quorate:problem:precondition-failed none at the version of the receipt"),
                    walk.apply(url));
        }
    }

    /** In a process of its own: the generator has some hundred libraries inside, of other versions than ours. */
    private static void generate() throws IOException, InterruptedException {
        Path log = CLIENT.resolveSibling("openapi-client.log");
        Process generator = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        System.getProperty("openapi.generator"),
                        "generate",
                        "--generator-name=java",
                        "--library=native",
                        "--input-spec=src/main/resources/META-INF/openapi.yaml",
                        "--output=" + CLIENT,
                        "--global-property=" + PARTS,
                        "--additional-properties=" + PROPERTIES)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended = generator.waitFor(2, TimeUnit.MINUTES);
        generator.destroyForcibly();
        assertTrue(ended, "the generator hangs");
        assertEquals(0, generator.exitValue(), () -> "see " + log);
    }

    private static Path compile() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Path classes = Files.createDirectories(CLIENT.resolve("classes"));
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> generated = Files.walk(CLIENT.resolve("src/main/java"))) {
            List<Path> sources = new ArrayList<>(
                    generated.filter(file -> file.toString().endsWith(".java")).toList());
            sources.add(Path.of("src/test/client/ClientWalk.java"));
            Iterable<? extends JavaFileObject> units = files.getJavaFileObjectsFromPaths(sources);
            List<String> options = List.of(
                    "-d", classes.toString(), "-proc:none", "-nowarn", "-cp", System.getProperty("java.class.path"));
            assertTrue(compiler.getTask(said, files, null, options, null, units).call(), said::toString);
        }
        return classes;
    }
}
