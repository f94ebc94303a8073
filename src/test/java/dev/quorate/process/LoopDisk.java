package dev.quorate.process;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A file system of its own in a file, whose power can be cut: what no sync made durable by then is gone, and what is left
 * of its own journal is replayed when it is mounted again. Needs root, loop devices and xfsprogs.
 */
public final class LoopDisk implements AutoCloseable {
    private final Path image;
    private final Path at;
    private boolean mounted;

    /** What it is formatted with, and the smallest size that takes it. */
    public enum Kind {
        XFS("mkfs.xfs", 300),
        EXT4("mkfs.ext4", 64);

        private final String format;
        private final long megabytes;

        Kind(String format, long megabytes) {
            this.format = format;
            this.megabytes = megabytes;
        }
    }

    /** @param at where it is mounted; its image is a file beside */
    public LoopDisk(Path at, Kind kind) throws IOException, InterruptedException {
        this.at = Files.createDirectories(at);
        this.image = at.resolveSibling(at.getFileName() + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(kind.megabytes << 20);
        }
        Tool.run(kind.format, "-q", image.toString());
        mount();
    }

    public Path path() {
        return at;
    }

    private void mount() throws IOException, InterruptedException {
        Tool.run("mount", "-o", "loop", image.toString(), at.toString());
        mounted = true;
    }

    /** From now on nothing more reaches the disk, its own journal included, and every sync fails. */
    public void cutPower() throws IOException, InterruptedException {
        Tool.run("xfs_io", "-x", "-c", "shutdown", at.toString());
    }

    /** Mounts it anew with what reached the disk. Nobody may have a file of it open. */
    void restorePower() throws IOException, InterruptedException {
        unmount();
        mount();
    }

    /** The kernel is done with the files of a killed process only a little after the process is gone. */
    private void unmount() {
        await("unmount " + at)
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> Tool.run("umount", at.toString()));
        mounted = false;
    }

    /** The image stays, for whoever wants to see what was left. */
    @Override
    public void close() {
        if (mounted) {
            unmount();
        }
    }
}
