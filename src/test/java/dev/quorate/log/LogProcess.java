package dev.quorate.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * A process that does a {@link LogWork} in a directory and says each promise as it makes it, a line each. At a step of
 * choice it says that it is there, and waits to be killed.
 */
final class LogProcess {
    /** What it says at the step. */
    static final String AT_THE_STEP = "at the step";

    private static final OutputStream OUT = new FileOutputStream(FileDescriptor.out);

    private LogProcess() {}

    /** The directory, the work, the step, and which of its occurrences, from 1. */
    public static void main(String[] args) throws IOException {
        LogWork work = LogWork.valueOf(args[1]);
        LogPromises promises = new LogPromises(LogProcess::say);
        Disk disk = new Disk(Path.of(args[0]), Path.of(args[0]));
        LogPromises.Use log = promises.open(disk);
        work.prepare(log);
        log.awaitPreparedFile();
        disk.haltAt(args[2], Integer.parseInt(args[3]), () -> {
            say(AT_THE_STEP);
            waitForEver();
        });
        work.run(log);
        Runtime.getRuntime().halt(0);
    }

    private static void waitForEver() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Runtime.getRuntime().halt(1);
        }
    }

    /** Written before it returns: what was said is heard, whatever becomes of this process. */
    private static synchronized void say(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
