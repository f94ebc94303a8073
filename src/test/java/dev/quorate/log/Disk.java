package dev.quorate.log;

import static java.util.stream.Collectors.groupingBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a disk holds, and what of it is durable: the bytes a file had when it was last synced, and the names a directory
 * had. Above that a power failure keeps any sectors of a file, and of what was done to the names of a directory any
 * beginning. It stops at a step
 * of choice, on whatever thread that is, and what is left is written down at that moment.
 */
public final class Disk implements AutoCloseable {
    private static final int SECTOR_BYTES = 512;
    private static final String FILL = "write prepared.tmp";

    private final Path root;
    private final Path left;
    private final List<String> steps = new ArrayList<>();
    private final List<FileChannel> open = new ArrayList<>();
    private final Map<Path, Contents> names = new HashMap<>();
    private final Map<Path, Contents> durableNames = new HashMap<>();
    private final List<Change> unsyncedNames = new ArrayList<>();
    private int stopAt;
    private @Nullable SplittableRandom powerLoss;
    private boolean stopped;
    private @Nullable String haltAt;
    private int occurrencesLeft;
    private Runnable halts = () -> {};

    /** A file or directory, whatever its name. */
    private static final class Contents {
        private final boolean isDirectory;
        private byte[] durable;
        private byte @Nullable [] last;

        Contents(boolean isDirectory, byte[] durable) {
            this.isDirectory = isDirectory;
            this.durable = durable;
        }
    }

    /** A name that came (contents), went (null), or both: a rename. */
    private record Change(
            Path name,
            @Nullable Contents contents,
            @Nullable Path removed) {}

    /** Something done to the real files. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    /** The power is off: whoever hears this is only not dead yet. */
    public static final class OffException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * A disk that holds what is in a directory, all of it durable.
     *
     * @param left where that is written to which is left when it stops; a directory that does not exist yet
     */
    public Disk(Path root, Path left) throws IOException {
        this.root = root;
        this.left = left;
        if (Files.exists(root)) {
            try (Stream<Path> found = Files.walk(root)) {
                for (Path file : (Iterable<Path>) found::iterator) {
                    boolean directory = Files.isDirectory(file);
                    names.put(file, new Contents(directory, directory ? new byte[0] : Files.readAllBytes(file)));
                }
            }
        }
        durableNames.putAll(names);
    }

    Path root() {
        return root;
    }

    public synchronized boolean isStopped() {
        return stopped;
    }

    /** What was done, in words without numbers, such as {@code sync wal.seg}. */
    synchronized List<String> steps() {
        return List.copyOf(steps);
    }

    synchronized void opened(FileChannel channel) {
        open.add(channel);
    }

    // ---- steps -----------------------------------------------------------------------------------------------------

    /**
     * It stops before one of the steps that follow, the first being 1: that is not done, nor any after it.
     *
     * @param loss decides what a power failure keeps; null: the process is killed, and all that was done is kept
     */
    public synchronized void stopAt(int step, @Nullable SplittableRandom loss) {
        steps.clear();
        stopAt = step;
        powerLoss = loss;
    }

    /** Before that step, the n-th of its name of those that follow, something is done that ends the process. */
    synchronized void haltAt(String step, int occurrence, Runnable halt) {
        steps.clear();
        haltAt = step;
        occurrencesLeft = occurrence;
        halts = halt;
    }

    /** It stops now, unless it has. */
    public synchronized void stop(@Nullable SplittableRandom loss) throws IOException {
        if (!stopped) {
            powerLoss = loss;
            stopped = true;
            writeDown();
        }
    }

    /** Does it, unless the disk stops. To fill a file with zeros is one step, not one for every page. */
    synchronized void step(String verb, Path file, Action action) throws IOException {
        if (stopped) {
            throw new OffException();
        }
        // The next file is prepared beside the work; were that counted, a step would be another in each run.
        if (Thread.currentThread().getName().startsWith(SegmentSource.THREAD)) {
            action.run();
            return;
        }
        String name = verb + " " + nameOf(file);
        boolean fillsOn = name.equals(FILL) && steps.lastIndexOf(FILL) > steps.lastIndexOf("create prepared.tmp");
        if (!fillsOn) {
            steps.add(name);
            if (name.equals(haltAt) && --occurrencesLeft == 0) {
                halts.run();
            }
            if (steps.size() == stopAt) {
                stop(powerLoss);
                throw new OffException();
            }
        }
        action.run();
    }

    /** Without what tells it from others of its kind. */
    private String nameOf(Path file) {
        return file.equals(root)
                ? "the directory"
                : file.getFileName().toString().replaceAll("-?[0-9][-0-9a-f]*", "");
    }

    synchronized void created(Path file) throws IOException {
        if (!names.containsKey(file)) {
            change(new Change(file, new Contents(false, new byte[0]), null));
        }
    }

    void createDirectory(Path directory) throws IOException {
        step("create", directory, () -> {
            Files.createDirectory(directory);
            change(new Change(directory, new Contents(true, new byte[0]), null));
        });
    }

    void delete(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.delete(file);
        }
        step("delete", file, () -> {
            remember(file);
            Files.delete(file);
            change(new Change(file, null, null));
        });
    }

    void rename(Path from, Path to, CopyOption... options) throws IOException {
        step("rename " + nameOf(from) + " to", to, () -> {
            if (Files.exists(to)) {
                remember(to);
            }
            Files.move(from, to, options);
            change(new Change(to, names.get(from), from));
        });
    }

    /** A file without a name: where a power failure brings that back, the file has lost its end all the same. */
    synchronized void truncated(Path file, long size) {
        Contents nameless = names.containsKey(file) ? null : durableNames.get(file);
        if (nameless != null && nameless.last != null) {
            nameless.last = Arrays.copyOf(nameless.last, (int) Math.min(nameless.last.length, size));
        }
    }

    private void change(Change change) {
        apply(change, names);
        unsyncedNames.add(change);
    }

    private static void apply(Change change, Map<Path, Contents> names) {
        if (change.removed != null) {
            names.remove(change.removed);
        }
        if (change.contents == null) {
            names.remove(change.name);
        } else {
            names.put(change.name, change.contents);
        }
    }

    /** Its name goes; where a power failure brings it back, it has its bytes. */
    private void remember(Path file) throws IOException {
        Contents contents = names.get(file);
        if (contents != null && !contents.isDirectory) {
            contents.last = Files.readAllBytes(file);
        }
    }

    synchronized void synced(Path file) throws IOException {
        if (!Files.isDirectory(file)) {
            Contents contents = names.get(file);
            if (contents != null) {
                contents.durable = Files.readAllBytes(file);
            }
            return;
        }
        for (Change change : unsyncedNames) {
            if (file.equals(change.name.getParent())) {
                apply(change, durableNames);
            }
        }
        unsyncedNames.removeIf(change -> file.equals(change.name.getParent()));
    }

    // ---- what is left ----------------------------------------------------------------------------------------------

    private void writeDown() throws IOException {
        Map<Path, Contents> kept = powerLoss == null ? names : namesKept(powerLoss);
        Files.createDirectories(left);
        for (Path name : kept.keySet().stream().sorted().toList()) {
            Path file = left.resolve(root.relativize(name).toString());
            Contents contents = kept.get(name);
            // What is in a directory whose own name was lost is lost with it.
            if (contents != null && Files.isDirectory(DurableFiles.parent(file))) {
                if (contents.isDirectory) {
                    Files.createDirectories(file);
                } else {
                    Files.write(file, bytes(contents));
                }
            }
        }
    }

    /** Of each directory's changes those before a point of chance. */
    private Map<Path, Contents> namesKept(SplittableRandom random) {
        Map<Path, Contents> kept = new HashMap<>(durableNames);
        Map<Path, List<Change>> changes =
                unsyncedNames.stream().collect(groupingBy(change -> DurableFiles.parent(change.name)));
        for (List<Change> ofOne : changes.values()) {
            ofOne.subList(0, random.nextInt(ofOne.size() + 1)).forEach(change -> apply(change, kept));
        }
        return kept;
    }

    private byte[] bytes(Contents contents) throws IOException {
        byte[] written = contents.last == null ? contents.durable : contents.last;
        for (Map.Entry<Path, Contents> name : names.entrySet()) {
            if (name.getValue() == contents) {
                written = Files.readAllBytes(name.getKey());
            }
        }
        return powerLoss == null ? written : mixed(contents.durable, written, powerLoss);
    }

    /** Of what no sync covered nothing, all, or half: of the sectors, or of what is smaller and may be torn as well. */
    private static byte[] mixed(byte[] durable, byte[] written, SplittableRandom random) {
        byte[] kept = Arrays.copyOf(durable, random.nextBoolean() ? written.length : durable.length);
        int luck = random.nextInt(3);
        int grain = random.nextBoolean() ? SECTOR_BYTES : Long.BYTES;
        int both = Math.min(kept.length, written.length);
        for (int at = 0; at < both; at += grain) {
            if (random.nextInt(2) < luck) {
                System.arraycopy(written, at, kept, at, Math.min(grain, both - at));
            }
        }
        return kept;
    }

    /** Nothing of it stays open. */
    @Override
    public synchronized void close() throws IOException {
        for (FileChannel channel : open) {
            channel.close();
        }
    }
}
