package dev.quorate.process;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.Records;
import dev.quorate.log.SyncListener;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.Wal;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.EntryKind;
import dev.quorate.protocol.HardState;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that says what it finds in a data directory, and then works on it as a replica does, as long as somebody listens,
 * and says what it is about to do and what is durable, a line each: {@link LoadedLogModel} reads them. It is started ahead, and
 * waits for a line {@code SEED DIRECTORY}.
 */
final class LoadedLog {
    private static final WalOptions OPTIONS = new WalOptions(1 << 17, SyncPolicy.ALWAYS, Duration.ofMillis(100));
    private static final int LONGEST_PAYLOAD = 3_000;

    private final PrintStream said;
    private final DataDirectory data;
    private final Wal wal;
    private final SplittableRandom random;
    private long term;
    private long toldSynced;
    private long committed;

    private LoadedLog(PrintStream said, DataDirectory data, SplittableRandom random) throws IOException {
        this.said = said;
        this.data = data;
        this.random = random;
        this.term = data.readHardState().term();
        this.wal = Wal.open(data, OPTIONS, listener());
        this.committed = data.readCommitBound().orElse(0);
        this.toldSynced = wal.lastIndex();
    }

    public static void main(String[] args) throws IOException {
        String[] asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                .readLine()
                .split(" ", 2);
        PrintStream said = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        DataDirectory data = DataDirectory.open(Path.of(asked[1]));
        boolean empty = data.readIdentity().isEmpty();
        if (empty) {
            data.writeIdentityAndSync(new byte[] {1, 2, 3});
        } else {
            said.println("found-identity");
        }
        LoadedLog load = new LoadedLog(said, data, new SplittableRandom(Long.parseLong(asked[0])));
        load.tellFound();
        said.println("named");
        while (!said.checkError()) {
            load.step();
        }
    }

    /** Entries as runs of a term; one whose payload is not what its place and term say is told apart. */
    private void tellFound() throws IOException {
        HardState state = data.readHardState();
        said.println("found-hard-state " + state.term() + " " + state.votedFor());
        wal.replay(1, (index, itsTerm, kind, payload) -> {
            if (!payload.equals(ByteBuffer.wrap(payload(index, itsTerm)))) {
                said.println("found-wrong-entry " + index);
            }
            if (index == wal.lastIndex() || wal.termAt(index + 1) != itsTerm) {
                said.println("found-entries " + itsTerm + " " + index);
            }
        });
        for (Path file : data.rollbacks().newestFirst()) {
            data.rollbacks().read(file);
            said.println("found-saved " + file.getFileName());
        }
        said.println("opened");
    }

    /** What the entry of that place holds; nobody needs to note it. */
    private static byte[] payload(long index, long term) {
        SplittableRandom random = new SplittableRandom(index * 1_000_003 + term);
        byte[] payload = new byte[random.nextInt(random.nextInt(10) == 0 ? LONGEST_PAYLOAD : 200)];
        random.nextBytes(payload);
        return payload;
    }

    private static SyncListener listener() {
        return new SyncListener() {
            @Override
            public void synced(long index) {}

            @Override
            public void forced(Duration took, long entries) {}

            @Override
            public void syncFailed(IOException cause, Path file) {
                Runtime.getRuntime().halt(1);
            }
        };
    }

    private void step() throws IOException {
        switch (random.nextInt(30)) {
            case 0 -> {
                term++;
                said.println("voting " + term + " " + term % 3);
                data.saveAndSync(new HardState(term, (int) (term % 3)));
                said.println("voted " + term + " " + term % 3);
            }
            case 1 -> truncate();
            case 2 -> {
                committed = Math.max(committed, wal.syncedIndex() - random.nextInt(50));
                data.writeCommitBound(committed);
            }
            default -> append();
        }
        wal.requestSync();
        if (random.nextBoolean()) {
            long last = wal.lastIndex();
            while (wal.syncedIndex() < last) {
                LockSupport.parkNanos(20_000);
                wal.requestSync();
            }
        }
        tellSynced();
    }

    private void append() throws IOException {
        if (term == 0) {
            return;
        }
        long last = wal.lastIndex() + 1 + random.nextInt(20);
        said.println("appending " + term + " " + last);
        while (wal.lastIndex() < last) {
            wal.append(term, EntryKind.MUTATION, ByteBuffer.wrap(payload(wal.lastIndex() + 1, term)));
        }
    }

    /** As a follower does: what leaves the log is saved first. */
    private void truncate() throws IOException {
        long from = wal.lastIndex() - random.nextInt(30);
        if (from <= committed) {
            return;
        }
        Records removed = wal.batch(from, Integer.MAX_VALUE);
        Path saved = data.rollbacks().save(removed, term, 1);
        said.println("saved " + saved.getFileName());
        said.println("truncating " + from);
        wal.truncateFrom(from, 0);
        toldSynced = Math.min(toldSynced, from - 1);
        said.println("truncated " + from);
    }

    private void tellSynced() {
        long synced = wal.syncedIndex();
        if (synced > toldSynced) {
            toldSynced = synced;
            said.println("synced " + synced);
        }
    }
}
