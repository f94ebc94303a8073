package dev.quorate.history;

import dev.quorate.history.Operation.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Draws the part of a history that violates a guarantee, as one HTML file that needs nothing else: a line a client, a bar
 * an operation from its call to its answer, one colour a value. Time is drawn by order, not by length: bars of
 * milliseconds that are seconds apart could not be seen.
 */
public final class Picture {
    private static final int STEP = 90;
    private static final int LEFT = 90;
    private static final int ROW = 56;
    private static final int BAR = 30;

    private final Verdict verdict;
    private final Map<Long, Integer> columns = new TreeMap<>();
    private final Map<Integer, Integer> rows = new TreeMap<>();
    private final Map<String, Integer> hues = new LinkedHashMap<>();
    private final StringBuilder out = new StringBuilder();

    private Picture(Verdict verdict) {
        this.verdict = verdict;
    }

    /** The picture of a verdict; of one that holds, its sentence alone. */
    public static String html(Verdict verdict) {
        return new Picture(verdict).draw();
    }

    private String draw() {
        TreeSet<Long> times = new TreeSet<>();
        for (Operation operation : verdict.part()) {
            times.add(operation.startNs());
            times.add(operation.endNs());
            rows.put(operation.client(), 0);
            hues.putIfAbsent(operation.shown(), 0);
        }
        times.forEach(time -> columns.put(time, columns.size()));
        int row = 0;
        for (Integer client : List.copyOf(rows.keySet())) {
            rows.put(client, row++);
        }
        int value = 0;
        for (String shown : List.copyOf(hues.keySet())) {
            hues.put(shown, value++ * 360 / hues.size());
        }
        out.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(verdict.guarantee().label())
                .append("</title><style>body{font:14px sans-serif;margin:2em}svg{font:12px sans-serif}"
                        + "pre{line-height:1.5}</style></head><body>\n<h1>")
                .append(verdict.guarantee().label())
                .append(": ")
                .append(verdict.result().name().toLowerCase(Locale.ROOT))
                .append("</h1>\n<p>")
                .append(escaped(verdict.reason()))
                .append("</p>\n");
        svg();
        text();
        return out.append("</body></html>\n").toString();
    }

    private void svg() {
        int width = LEFT + Math.max(1, columns.size()) * STEP;
        int height = Math.max(1, rows.size()) * ROW + 10;
        out.append(String.format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">%n", width, height));
        rows.forEach((client, row) -> out.append(String.format(
                "<text x=\"4\" y=\"%d\">client %d</text>"
                        + "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>%n",
                middle(row) + 4, client, LEFT, width, middle(row), middle(row))));
        Operation last = lastToEnd();
        for (Operation operation : verdict.part()) {
            bar(operation, operation.equals(last), width);
        }
        out.append("</svg>\n");
    }

    private Operation lastToEnd() {
        List<Operation> byEnd = new ArrayList<>(verdict.part());
        byEnd.removeIf(operation -> operation.outcome() != Outcome.OK);
        byEnd.sort((a, b) -> Long.compare(b.endNs(), a.endNs()));
        return byEnd.isEmpty() ? verdict.part().get(0) : byEnd.get(0);
    }

    private void bar(Operation operation, boolean shows, int width) {
        int from = LEFT + columns.getOrDefault(operation.startNs(), 0) * STEP;
        boolean open = operation.outcome() == Outcome.UNKNOWN;
        int to = open ? width - 4 : LEFT + columns.getOrDefault(operation.endNs(), 0) * STEP;
        int top = middle(rows.getOrDefault(operation.client(), 0)) - BAR / 2;
        String dash = operation.outcome() == Outcome.OK ? "" : " stroke-dasharray=\"5 3\"";
        out.append(String.format(
                "<g><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\""
                        + " fill=\"hsl(%d,70%%,85%%)\" stroke=\"%s\" stroke-width=\"%d\"%s/>"
                        + "<text x=\"%d\" y=\"%d\">%s</text></g>%n",
                escaped(operation.line(originNs())),
                from,
                top,
                Math.max(8, to - from),
                BAR,
                hues.getOrDefault(operation.shown(), 0),
                shows ? "#c00" : "#666",
                shows ? 3 : 1,
                dash,
                from + 6,
                top + BAR / 2 + 4,
                escaped(label(operation))));
    }

    private static String label(Operation operation) {
        String mark = switch (operation.outcome()) {
            case OK -> "";
            case FAILED, REFUSED -> " ✗";
            case UNKNOWN -> " ?";
        };
        return switch (operation.kind()) {
            case READ, CHANGE -> "→ " + operation.shown() + mark;
            case WRITE, CAS, REPEAT -> "= " + operation.shown() + mark;
            case DELETE -> "delete" + mark;
            case RESUME -> "behind " + operation.position() + mark;
        };
    }

    private void text() {
        out.append("<pre>\n");
        verdict.part()
                .forEach(operation ->
                        out.append(escaped(operation.line(originNs()))).append('\n'));
        out.append(
                "</pre>\n<p>= writes, → reads, or is told; red: the answer that cannot be; dashed: failed (✗), or its outcome is"
                        + " unknown (?). Times are drawn by order.</p>\n");
    }

    private long originNs() {
        return verdict.part().stream().mapToLong(Operation::startNs).min().orElse(0);
    }

    private static int middle(int row) {
        return row * ROW + ROW / 2;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
