package dev.quorate.api;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a key may be: 1 to so many bytes of UTF-8, without NUL and without halves of surrogate pairs. */
final class Keys {
    private Keys() {}

    /** @throws Problem 400 if it is no key */
    static String check(@Nullable String key, int limitBytes) {
        if (key == null) {
            throw Problem.badRequest("key is missing").with("member", "key");
        }
        if (key.isEmpty()) {
            throw Problem.badRequest("key is empty").with("member", "key");
        }
        if (key.indexOf('\0') >= 0 || !isWellFormed(key)) {
            throw Problem.badRequest("key has a NUL or half of a surrogate pair")
                    .with("member", "key");
        }
        if (key.length() * 3L > limitBytes && key.getBytes(StandardCharsets.UTF_8).length > limitBytes) {
            throw Problem.badRequest("key is longer than " + limitBytes + " bytes")
                    .with("member", "key");
        }
        return key;
    }

    private static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }
}
