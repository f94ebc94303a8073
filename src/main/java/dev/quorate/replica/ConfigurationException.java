package dev.quorate.replica;

/** A configuration value that cannot be: the sentence names the key, the value and what is allowed. Ends the start. */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With that sentence. */
    public ConfigurationException(String message) {
        super(message);
    }

    static void demand(boolean holds, String key, Object value, String allowed) {
        if (!holds) {
            throw new ConfigurationException(key + " is " + value + ", but must be " + allowed);
        }
    }
}
