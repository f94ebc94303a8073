package dev.quorate.protocol;

/** Checks that stay on in production, unlike Java's own assertions. */
public final class Invariants {
    private Invariants() {}

    /**
     * Demands that a condition holds.
     *
     * @param format message as of {@link String#format}, with the values that show the state
     * @throws InvariantViolation if it does not
     */
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of the core
    public static void check(boolean condition, String format, Object... values) {
        if (!condition) {
            throw new InvariantViolation(String.format(format, values));
        }
    }
}
