package dev.quorate.bench.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Lines of a Markdown table: medians, with the least and the largest value in brackets. */
final class Report {
    static final String HEADER = """
            | what | connections | Quorate | compared with | ratio | aim | p50 ms | p99 ms | p99 ratio | aim |
            |---|---|---|---|---|---|---|---|---|---|""";

    private Report() {}

    /**
     * A line.
     *
     * @param atLeast the ratio aimed at; 0 if none is
     * @param p99AtMost the ratio of the 99th percentiles aimed at; 0 if none is
     */
    static String line(
            String what,
            int connections,
            List<Load.Result> ours,
            List<Load.Result> theirs,
            double atLeast,
            double p99AtMost) {
        double ratio = median(ratios(ours, theirs, Load.Result::perSecond));
        double p99Ratio = median(ratios(ours, theirs, Load.Result::p99Ms));
        return String.join(
                " | ",
                "| " + what,
                String.valueOf(connections),
                spread(0, "/s", figures(ours, Load.Result::perSecond)),
                spread(0, "/s", figures(theirs, Load.Result::perSecond)),
                spread(2, "", ratios(ours, theirs, Load.Result::perSecond)),
                atLeast == 0 ? "" : aim("≥", atLeast, ratio >= atLeast),
                both(ours, theirs, Load.Result::p50Ms),
                both(ours, theirs, Load.Result::p99Ms),
                spread(2, "", ratios(ours, theirs, Load.Result::p99Ms)),
                (p99AtMost == 0 ? "" : aim("≤", p99AtMost, p99Ratio <= p99AtMost)) + " |");
    }

    /** Of times to start in milliseconds, taken in turn. */
    static String starts(String what, List<Double> ours, List<Double> theirs, double atMost) {
        List<Double> ratios = ratios(ours, theirs, Double::doubleValue);
        return "%s: %s, %s, ratio %s, aim %s%n"
                .formatted(
                        what,
                        spread(0, " ms", ours),
                        spread(0, " ms", theirs),
                        spread(2, "", ratios),
                        aim("≤", atMost, median(ratios) <= atMost));
    }

    private static String aim(String sign, double value, boolean met) {
        return String.format(Locale.ROOT, "%s %.2f %s", sign, value, met ? "met" : "**missed**");
    }

    /** Round by round, so that what a machine does slower for a while falls on both. */
    private static <T> List<Double> ratios(List<T> ours, List<T> theirs, ToDoubleFunction<T> figure) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < ours.size(); round++) {
            ratios.add(figure.applyAsDouble(ours.get(round)) / figure.applyAsDouble(theirs.get(round)));
        }
        return ratios;
    }

    private static String both(List<Load.Result> ours, List<Load.Result> theirs, ToDoubleFunction<Load.Result> figure) {
        return String.format(
                Locale.ROOT, "%.2f / %.2f", median(figures(ours, figure)), median(figures(theirs, figure)));
    }

    /** The median, and the least and the largest. */
    private static String spread(int decimals, String unit, List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        String number = "%." + decimals + "f";
        return String.format(
                Locale.ROOT,
                number + unit + " (" + number + "–" + number + ")",
                median(values),
                sorted.get(0),
                sorted.get(sorted.size() - 1));
    }

    private static List<Double> figures(List<Load.Result> results, ToDoubleFunction<Load.Result> figure) {
        return results.stream().map(figure::applyAsDouble).toList();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
