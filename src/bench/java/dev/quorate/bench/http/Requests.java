package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Ten thousand keys of 11 bytes with values of 100, the same for all that is measured. */
final class Requests {
    static final int KEYS = 10_000;

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
    static Path write(Path file, Function<Integer, String> line) throws IOException {
        List<String> lines = IntStream.range(0, KEYS).boxed().map(line).toList();
        return Files.write(file, lines);
    }

    static String post(String path, String json) {
        return "POST\t" + path + "\t" + json;
    }

    static String get(String path) {
        return "GET\t" + path + "\t";
    }
}
