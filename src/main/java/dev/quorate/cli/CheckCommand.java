package dev.quorate.cli;

import dev.quorate.history.Checker;
import dev.quorate.history.Guarantee;
import dev.quorate.history.JsonLines;
import dev.quorate.history.Operation;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.history.Picture;
import dev.quorate.history.Recorder;
import dev.quorate.history.Verdict;
import dev.quorate.history.Verdict.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code check}: has clients read and write a running set, records what they are told, and judges whether the set keeps
 * what it promises.
 */
final class CheckCommand implements Command {
    private final CheckOptions options;
    private final PrintWriter out;

    private CheckCommand(CheckOptions options, PrintWriter out) {
        this.options = options;
        this.out = out;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().addOption(Cli.help());
        CheckOptions.addTo(spec);
        spec.usageMessage()
                .description(
                        "Have clients read and write a running set, record what they are told, and judge whether the set"
                                + " keeps what it promises.")
                .footer(
                        "",
                        "Exit codes: 0 all guarantees hold; 1 one is violated, and a picture of the smallest part of the"
                                + " history that shows it is written; 2 the command line is wrong; 3 nothing could be judged.");
        return spec;
    }

    static CheckCommand of(ParseResult parsed, Terminal terminal) {
        return new CheckCommand(CheckOptions.of(parsed), terminal.out());
    }

    @Override
    public int run() throws IOException, InterruptedException {
        Path recorded = options.history();
        if (recorded != null) {
            try (Reader in = Files.newBufferedReader(recorded)) {
                return judge(JsonLines.read(in));
            }
        }
        out.printf(
                "seed %d: %s, %d clients, %d keys, %s, read=%s, w=%s, faults=%s%n",
                options.seed(),
                options.workload(),
                options.clients(),
                options.keys(),
                options.duration().toString().substring(2).toLowerCase(Locale.ROOT),
                options.read(),
                options.w(),
                options.kill() ? "kill" : "none");
        out.flush();
        List<Operation> history = record();
        Files.createDirectories(options.out());
        Path file = options.out().resolve("history.jsonl");
        try (Writer writer = Files.newBufferedWriter(file)) {
            JsonLines.write(history, writer);
        }
        out.println("history: " + file);
        return judge(history);
    }

    private List<Operation> record() throws IOException, InterruptedException {
        Recorder recorder = new Recorder(System::nanoTime);
        if (!options.kill()) {
            Load load = new Load(CheckRun.of(options, options.targets(), recorder));
            load.run();
            load.settle();
            return recorder.history();
        }
        try (LocalCluster cluster = LocalCluster.start(options.seed())) {
            Load load = new Load(CheckRun.of(options, cluster.urls(), recorder));
            int kills = cluster.killWhile(load);
            out.println("kills: " + kills);
        }
        return recorder.history();
    }

    private int judge(List<Operation> history) throws IOException {
        out.printf(
                "operations: %d, %d ok, %d failed, %d unknown%n",
                history.size(),
                count(history, Outcome.OK),
                count(history, Outcome.FAILED) + count(history, Outcome.REFUSED),
                count(history, Outcome.UNKNOWN));
        if (count(history, Outcome.OK) == 0) {
            out.println("nothing was answered: there is nothing to judge");
            out.flush();
            return Cli.FAILED;
        }
        int code = Cli.OK;
        for (Guarantee guarantee : options.guarantees()) {
            Verdict verdict = Checker.check(history, guarantee);
            out.println(verdict);
            if (verdict.result() == Result.VIOLATED) {
                Files.createDirectories(options.out());
                Path picture = options.out().resolve(guarantee.label() + ".html");
                Files.writeString(picture, Picture.html(verdict));
                out.println("picture: " + picture);
                code = Cli.VIOLATED;
            } else if (verdict.result() == Result.UNDECIDED && code == Cli.OK) {
                code = Cli.FAILED;
            }
        }
        out.flush();
        return code;
    }

    private static long count(List<Operation> history, Outcome outcome) {
        return history.stream()
                .filter(operation -> operation.outcome() == outcome)
                .count();
    }
}
