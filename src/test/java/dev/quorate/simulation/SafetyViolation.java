package dev.quorate.simulation;

/** A promise of protocol.md was broken in a simulated run. */
final class SafetyViolation extends AssertionError {
    private static final long serialVersionUID = 1L;

    SafetyViolation(String message) {
        super(message);
    }
}
