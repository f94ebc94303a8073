package dev.quorate.replica;

/** For tests of other rooms: a replica that has stopped while its process goes on. */
public final class Stopped {
    private Stopped() {}

    /** Stops it in order. */
    public static void stop(Replica replica) {
        replica.stop();
    }
}
