package dev.quorate.api;

/** What can be a key: 1 byte of UTF-8 to the limit, no NUL, no surrogate alone. */
final class Keys {
    private Keys() {}

    /**
     * The key, if it is one.
     *
     * @throws Problem 400 that says what is wrong with it
     */
    static String check(String key, int limitBytes) {
        if (key.isEmpty()) {
            throw refuse("must not be empty");
        }
        if (key.indexOf('\0') >= 0) {
            throw refuse("must not contain NUL");
        }
        int length = Utf8.lengthBytes(key);
        if (length < 0) {
            throw refuse("must be Unicode text; it has half of a surrogate pair");
        }
        if (length > limitBytes) {
            throw refuse("takes " + length + " bytes of UTF-8, at most " + limitBytes + " are allowed");
        }
        return key;
    }

    private static Problem refuse(String detail) {
        return Problem.badRequest("key", detail);
    }
}
