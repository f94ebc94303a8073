package dev.quorate.cli;

import dev.quorate.log.BackupFiles;
import dev.quorate.log.CorruptFileException;
import dev.quorate.log.SnapshotFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code backup}: has a running set write its committed state at one index to a file here. */
final class BackupCommand implements Command {
    /** Where the secret is when it is not on the command line, which others can see. */
    private static final String SECRET_VARIABLE = "QUORATE_PEER_SECRET";

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int LONGEST_REFUSAL = 2_000;

    private final URI target;
    private final String secret;
    private final Path file;
    private final Terminal terminal;

    private BackupCommand(URI target, String secret, Path file, Terminal terminal) {
        this.target = target;
        this.secret = secret;
        this.file = file;
        this.terminal = terminal;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(Cli.help())
                .addOption(Cli.option("--target", "URL", "Base URL of any process of a running set.").toBuilder()
                        .required(true)
                        .build())
                .addOption(Cli.option(
                        "--secret",
                        "SECRET",
                        "The set's quorate.peer.secret, where it has one. Default: the environment's "
                                + SECRET_VARIABLE))
                .addPositional(PositionalParamSpec.builder()
                        .index("0")
                        .arity("1")
                        .type(Path.class)
                        .paramLabel("FILE")
                        .description("Where it goes; must not exist.")
                        .build());
        spec.usageMessage()
                .description(
                        "Write the committed state of a running set, as of one entry of its log, to a file, from the leader;"
                                + " it holds every write that a majority acknowledged before. Checked before it gets its"
                                + " name.")
                .footer(
                        "",
                        "Exit codes: 0 written and whole; 2 the command line is wrong; 3 failed, such as for a connection that"
                                + " ended too early: no file was made.");
        return spec;
    }

    static BackupCommand of(ParseResult parsed, Terminal terminal) {
        String target = parsed.matchedOptionValue("--target", "");
        Path file = parsed.matchedPositionalValue(0, Path.of(""));
        if (!target.matches("https?://[^/]+/?")) {
            throw wrong(parsed, "--target: a base URL such as http://host:8080, not " + target);
        }
        if (Files.exists(file)) {
            throw wrong(parsed, file + " exists already");
        }
        String secret = parsed.matchedOptionValue("--secret", System.getenv().getOrDefault(SECRET_VARIABLE, ""));
        return new BackupCommand(URI.create(target).resolve("/cluster/backup"), secret, file, terminal);
    }

    private static ParameterException wrong(ParseResult parsed, String message) {
        return new ParameterException(parsed.commandSpec().commandLine(), message);
    }

    @Override
    public int run() throws IOException, InterruptedException {
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NORMAL) // to the leader
                .build();
        HttpRequest.Builder request = HttpRequest.newBuilder(target).GET();
        if (!secret.isEmpty()) {
            request.header("Quorate-Peer-Secret", secret);
        }
        HttpResponse<InputStream> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            if (answer.statusCode() != 200) {
                String said = new String(body.readNBytes(LONGEST_REFUSAL), StandardCharsets.UTF_8);
                throw new IOException(answer.uri() + " answered " + answer.statusCode() + ": " + said);
            }
            long size = answer.headers().firstValueAsLong("Content-Length").orElse(0);
            SnapshotFile backup = receive(body, size);
            terminal.out().println(InspectText.snapshot(backup));
            terminal.out().flush();
            return Cli.OK;
        }
    }

    private SnapshotFile receive(InputStream body, long size) throws IOException {
        try (Progress progress = new Progress(terminal, "backup", size)) {
            return BackupFiles.receive(body, file, progress);
        } catch (CorruptFileException e) {
            throw new IOException("what came is no whole backup: " + e.reason(), e);
        }
    }
}
