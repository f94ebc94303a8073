package dev.quorate.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of a few megabytes, held in memory, that is full soon and can grow. Needs root. */
final class SmallDisk implements AutoCloseable {
    private final Path at;

    SmallDisk(Path at, String size) throws IOException, InterruptedException {
        this.at = Files.createDirectories(at);
        Tool.run("mount", "-t", "tmpfs", "-o", "size=" + size, "quorate-test", at.toString());
    }

    void growTo(String size) throws IOException, InterruptedException {
        Tool.run("mount", "-o", "remount,size=" + size, at.toString());
    }

    @Override
    public void close() {
        try {
            Tool.run("umount", at.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
