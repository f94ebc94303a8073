package dev.quorate.bench.http;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Something that answers HTTP and is measured: one process or several. */
interface Served extends AutoCloseable {
    /** As tables call it. */
    String name();

    /** Where requests go to: the leader, where there is one. */
    String url();

    /** A file of requests of the kind, for {@code requests.lua}. */
    Path requests(Kind kind) throws IOException;

    /**
     * How many writes each process holds, in an order of its own. A write phase after which one of them has not moved
     * has measured something else than what it says. Empty where nothing is replicated.
     */
    List<Long> held() throws IOException, InterruptedException;

    @Override
    void close();

    /** What is asked of it. */
    enum Kind {
        /** A record is written and acknowledged when a majority has it on stable storage. */
        MAJORITY_WRITE,
        /** A record is written and acknowledged when whoever took it has it (a bare endpoint: in memory). */
        WRITE,
        /** A record is read where the newest is, which may not be committed. */
        READ,
        /** The same, by the original's call. */
        ORIGINAL_READ,
        /** A record is read, and the answer is the newest that was committed when it was asked for. */
        LINEARIZABLE_READ;

        boolean writes() {
            return this == MAJORITY_WRITE || this == WRITE;
        }
    }
}
