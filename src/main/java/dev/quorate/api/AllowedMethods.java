package dev.quorate.api;

/** The methods of each path: a 405 has to name them (RFC 9110 §15.5.6), and the platform's does not. */
final class AllowedMethods {
    static final String OF_A_KEY = "DELETE, GET, HEAD, OPTIONS, PUT";

    private static final String READ = "GET, HEAD, OPTIONS";
    private static final String WRITE = "OPTIONS, POST";
    private static final String BOTH = "GET, HEAD, OPTIONS, POST";

    private AllowedMethods() {}

    /**
     * In the form of the header {@code Allow}.
     *
     * @param path of a resource, from the root; what is none reads only
     */
    static String at(String path) {
        return switch (path) {
            case "/write", "/write-with-quorum", "/cluster/leader", "/cluster/snapshot" -> WRITE;
            case "/read-with-repair" -> BOTH;
            case "/kv/_batch" -> "DELETE, GET, HEAD, OPTIONS, POST, PUT";
            default -> isOfAKey(path) ? OF_A_KEY : READ;
        };
    }

    /** Whether a path names a key: whatever it is, there is something at it. */
    static boolean isOfAKey(String path) {
        return path.startsWith("/kv/") && path.length() > "/kv/".length();
    }
}
