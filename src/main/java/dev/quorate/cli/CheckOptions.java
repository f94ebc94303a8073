package dev.quorate.cli;

import dev.quorate.history.Guarantee;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What {@code check} was told.
 *
 * @param targets base URLs that clients call at random; empty when the command starts its own
 * @param workload what clients do, one of {@link Workload#names()}
 * @param history a recorded history to judge again, or null
 * @param read level of the reads
 * @param w concern of the writes
 * @param kill whether the command starts three processes of its own and kills them at random
 * @param guarantees what the history is held to
 */
record CheckOptions(
        String workload,
        List<URI> targets,
        @Nullable Path history,
        int clients,
        int keys,
        Duration duration,
        String read,
        String w,
        boolean kill,
        List<Guarantee> guarantees,
        long seed,
        Path out) {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s|m)");

    /** The options as the command line takes them. */
    static void addTo(CommandSpec spec) {
        spec.addOption(Cli.option(
                "--workload",
                "NAME",
                "What clients do: register: read and write; cas: write what is as they know it; counter: count and"
                        + " overwrite, sent again under idempotency keys; batch: write several keys at once and read them as"
                        + " a page; ttl: write what expires; watch: write, with a watch for each target; sessions: read and"
                        + " write locally with session tokens. Default: register"));
        spec.addOption(
                Cli.option("--target", "URL,...", "Base URLs of a running set; each call goes to one at random."));
        spec.addOption(Cli.option("--clients", "N", "How many clients call at once, 1..64. Default: 8"));
        spec.addOption(Cli.option("--keys", "N", "How many keys they share; fewer collide more. Default: 10"));
        spec.addOption(Cli.option("--duration", "TIME", "How long, such as 500ms, 60s or 5m. Default: 60s"));
        spec.addOption(
                Cli.option(
                        "--read",
                        "LEVEL",
                        "linearizable, leader or local, for register, batch and sessions. Default: linearizable; for sessions local"));
        spec.addOption(Cli.option("--w", "W", "Write concern: 1..N, majority or all. Default: majority"));
        spec.addOption(Cli.option(
                "--faults",
                "FAULTS",
                "none; or kill: start three processes of this program in a temporary directory and kill -9 and restart"
                        + " one of them at random all the time. Default: none"));
        spec.addOption(Cli.option(
                "--guarantee",
                "NAME,...",
                "What to hold the history to: " + labels()
                        + ". Default: what the workload is for; register: linearizable for"
                        + " linearizable reads, else read-your-writes and monotonic-reads, with a session token in every"
                        + " read"));
        spec.addOption(Cli.option("--seed", "N", "Of the choice of keys, calls, targets and victims. Default: random"));
        spec.addOption(Cli.option("--out", "DIR", "Where history.jsonl and pictures go. Default: quorate-check"));
        spec.addOption(Cli.option("--history", "FILE", "Call nobody; judge a history that was recorded before."));
    }

    /** @throws ParameterException for the first value that cannot be */
    static CheckOptions of(ParseResult parsed) {
        String history = value(parsed, "--history", "");
        boolean kill = oneOf(parsed, "--faults", "none", "none", "kill").equals("kill");
        List<URI> targets = targets(parsed);
        if (history.isEmpty() && kill != targets.isEmpty()) {
            throw wrong(parsed, "give either --target, or --faults kill, or --history");
        }
        String workload =
                oneOf(parsed, "--workload", "register", Workload.names().toArray(String[]::new));
        String byDefault = workload.equals("sessions") ? "local" : "linearizable";
        String read = oneOf(parsed, "--read", byDefault, "linearizable", "leader", "local");
        if (!read.equals(byDefault) && !List.of("register", "batch", "sessions").contains(workload)) {
            throw wrong(parsed, "--read: " + workload + " takes linearizable reads");
        }
        String w = value(parsed, "--w", "majority");
        if (!w.matches("[1-9]|majority|all")) {
            throw wrong(parsed, "--w: 1..9, majority or all");
        }
        return new CheckOptions(
                workload,
                targets,
                history.isEmpty() ? null : Path.of(history),
                (int) number(parsed, "--clients", 8, 1, 64),
                (int) number(parsed, "--keys", 10, 1, 1_000_000),
                duration(parsed),
                read,
                w,
                kill,
                guarantees(parsed, workload, read),
                number(parsed, "--seed", System.nanoTime(), Long.MIN_VALUE, Long.MAX_VALUE),
                Path.of(value(parsed, "--out", "quorate-check")));
    }

    /** Whether reads carry a session token: where a session's guarantees are what is promised. */
    boolean sessions() {
        return !guarantees.contains(Guarantee.LINEARIZABLE);
    }

    private static List<URI> targets(ParseResult parsed) {
        List<URI> targets = new ArrayList<>();
        for (String text : value(parsed, "--target", "").split(",", -1)) {
            if (!text.isBlank()) {
                if (!text.trim().matches("https?://[^/]+/?")) {
                    throw wrong(parsed, "--target: base URLs such as http://host:8080,http://other:8080, not " + text);
                }
                targets.add(URI.create(text.trim().replaceAll("/$", "")));
            }
        }
        return targets;
    }

    private static List<Guarantee> guarantees(ParseResult parsed, String workload, String read) {
        List<Guarantee> chosen = new ArrayList<>();
        String labels = value(parsed, "--guarantee", "");
        for (String label : labels.isEmpty() ? new String[0] : labels.split(",", -1)) {
            int before = chosen.size();
            for (Guarantee guarantee : Guarantee.values()) {
                if (guarantee.label().equals(label.trim())) {
                    chosen.add(guarantee);
                }
            }
            if (chosen.size() == before) {
                throw wrong(parsed, "--guarantee: " + labels() + ", not " + label);
            }
        }
        return chosen.isEmpty() ? Workload.guarantees(workload, read) : List.copyOf(chosen);
    }

    private static String labels() {
        return Arrays.stream(Guarantee.values()).map(Guarantee::label).collect(Collectors.joining(", "));
    }

    private static Duration duration(ParseResult parsed) {
        Matcher matcher = DURATION.matcher(value(parsed, "--duration", "60s"));
        if (!matcher.matches()) {
            throw wrong(parsed, "--duration: such as 500ms, 60s or 5m");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
        };
    }

    private static long number(ParseResult parsed, String option, long byDefault, long least, long most) {
        String text = value(parsed, option, "");
        try {
            long number = text.isEmpty() ? byDefault : Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw wrong(parsed, option + ": a number, " + least + ".." + most + ", not " + text);
    }

    private static String oneOf(ParseResult parsed, String option, String byDefault, String... allowed) {
        String value = value(parsed, option, byDefault);
        if (!List.of(allowed).contains(value)) {
            throw wrong(parsed, option + ": " + String.join(", ", allowed) + ", not " + value);
        }
        return value;
    }

    private static String value(ParseResult parsed, String option, String byDefault) {
        return parsed.matchedOptionValue(option, byDefault);
    }

    private static ParameterException wrong(ParseResult parsed, String message) {
        return new ParameterException(parsed.commandSpec().commandLine(), message);
    }
}
