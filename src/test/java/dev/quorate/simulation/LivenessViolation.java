package dev.quorate.simulation;

/** A healed cluster did not converge. */
final class LivenessViolation extends AssertionError {
    private static final long serialVersionUID = 1L;

    LivenessViolation(String message) {
        super(message);
    }
}
