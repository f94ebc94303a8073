package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Keys of 11 bytes with values of 100, the same for all that is measured: ten thousand where nothing else is said. */
final class Requests {
    static final int KEYS = 10_000;

    /** So many are put together before a run; of more keys every so manieth is asked for, each once, in no order. */
    private static final int LINES = 50_000;

    private static final int STRIDE = 7919;
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

    private Requests() {}

    static String key(int number) {
        return "key-%07d".formatted(number);
    }

    static String value(int number) {
        StringBuilder value = new StringBuilder(key(number));
        while (value.length() < 100) {
            value.append(LETTERS.charAt((number + value.length() * 7) % LETTERS.length()));
        }
        return value.toString();
    }

    /** One line a key. */
    static Path write(Path file, int keys, IntFunction<String> line) throws IOException {
        IntStream numbers = keys <= LINES
                ? IntStream.range(0, keys)
                : IntStream.range(0, LINES).map(at -> (int) ((long) at * STRIDE % keys));
        return Files.write(file, numbers.mapToObj(line).toList());
    }

    static String put(String path, String value) {
        return "PUT\t" + path + "\t" + value;
    }

    static String post(String path, String json) {
        return "POST\t" + path + "\t" + json;
    }

    static String get(String path) {
        return "GET\t" + path + "\t";
    }
}
