package dev.quorate.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of entries that left the log, one a truncation, named {@code TERM-FIRST-LAST-N.rb}: the term in which they
 * were found to be another history's, their indexes, and a number from 1. They are never removed: an operator may.
 *
 * <pre>
 *   0          8                  16            24              28                         32
 *   +----------+------------------+-------------+---------------+--------------------------+---------+--------+
 *   |"QUORRB01"| deposed in term  | first index | length (4)    | CRC32C of 0..end of the  | records | tail   |
 *   |          |                  |             | of the records| records but these 4      |         |        |
 *   +----------+------------------+-------------+---------------+--------------------------+---------+--------+
 *
 *   tail: 0 saved at, wall clock ms (8) | 8 CRC32C of 0..8 (4) | 12 discarded from index (8) | 20 CRC32C of 12..20 (4)
 * </pre>
 *
 * Zeros in the place of the last two say that it is not settled yet; only they are written later, without a sync, since
 * the log decides them again. From that index on the entries are lost; those before are in the log again, and committed.
 * Files of the first builds have no tail.
 */
public final class RollbackFiles {
    private static final long MAGIC = 0x51554f5252423031L;
    private static final int AT_TERM = 8;
    private static final int AT_FIRST_INDEX = 16;
    private static final int AT_LENGTH = 24;
    private static final int AT_CRC = 28;
    private static final int AT_RECORDS = 32;
    private static final int AT_DISCARDED_FROM = 12;
    private static final int TAIL_BYTES = 24;
    private static final Pattern NAME = Pattern.compile("(\\d{1,18})-(\\d{1,18})-\\d{1,18}-(\\d{1,9})\\.rb");

    private final Path folder;

    RollbackFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * What a file holds.
     *
     * @param deposedInTerm the term in which the entries were found to be another history's
     * @param records the entries
     * @param savedAtMs wall clock of when they were saved; 0 where the file does not say
     * @param discardedFrom the index from which on they are lost, up to one after the last; 0 while that is open
     */
    public record Saved(long deposedInTerm, Records records, long savedAtMs, long discardedFrom) {
        /** Whether it is known what became of the entries. */
        public boolean isSettled() {
            return discardedFrom > 0;
        }
    }

    /**
     * Saves entries that are about to leave the log; returns the file when it is durable. Replaces no file: one of the
     * same name with other records stays, and one with the same records is what an attempt before a crash left.
     *
     * @param deposedInTerm the term in which they were found to be another history's
     * @param nowMs wall clock, for people
     * @throws NoSpaceException if it cannot be made durable; then they must stay in the log
     */
    public Path save(Records removed, long deposedInTerm, long nowMs) throws IOException {
        try {
            return write(removed, deposedInTerm, nowMs);
        } catch (IOException e) {
            throw new NoSpaceException(
                    "no room in rollback/ for what must leave the log: " + e.getMessage(), removed.sizeBytes(), e);
        }
    }

    private Path write(Records removed, long deposedInTerm, long nowMs) throws IOException {
        Files.createDirectories(folder);
        DurableFiles.syncDirectory(DurableFiles.parent(folder));
        byte[] out = encode(removed, deposedInTerm, nowMs);
        int end = out.length - TAIL_BYTES;
        String name = deposedInTerm + "-" + removed.firstIndex() + "-" + removed.lastIndex() + "-";
        for (int n = 1; ; n++) {
            Path file = folder.resolve(name + n + ".rb");
            if (!Files.exists(file)) {
                DurableFiles.replace(file, ByteBuffer.wrap(out));
                return file;
            }
            byte[] there = Files.readAllBytes(file);
            if (there.length >= end && Arrays.equals(there, 0, end, out, 0, end)) {
                DurableFiles.syncDirectory(folder);
                return file;
            }
        }
    }

    private static byte[] encode(Records removed, long deposedInTerm, long nowMs) {
        ByteBuffer records = removed.bytes();
        int end = AT_RECORDS + records.remaining();
        ByteBuffer out = ByteBuffer.allocate(end + TAIL_BYTES);
        out.putLong(MAGIC).putLong(deposedInTerm).putLong(removed.firstIndex());
        // The checksum is taken while its own place is zero.
        out.putInt(records.remaining()).putInt(0).put(records);
        out.putInt(AT_CRC, DurableFiles.crc(out.array(), 0, end));
        return out.put(DataDirectory.number(nowMs)).array();
    }

    /** The files, those of the latest term first; none where nothing was ever truncated. Any thread. */
    public List<Path> newestFirst() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Named> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
                if (name.matches()) {
                    found.add(new Named(
                            file,
                            Long.parseLong(name.group(1)),
                            Long.parseLong(name.group(2)),
                            Long.parseLong(name.group(3))));
                }
            }
        }
        found.sort(Comparator.comparingLong(Named::term)
                .thenComparingLong(Named::firstIndex)
                .thenComparingLong(Named::number)
                .reversed());
        return found.stream().map(Named::file).toList();
    }

    private record Named(Path file, long term, long firstIndex, long number) {}

    /**
     * Reads a file. Any thread.
     *
     * @throws CorruptFileException if its checksum is wrong, it cannot be read, or it is of another version
     */
    public Saved read(Path file) throws IOException {
        byte[] bytes = DurableFiles.readAll(file);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < AT_RECORDS || in.getLong(0) != MAGIC) {
            throw new CorruptFileException(file, "it is no rollback file of this version");
        }
        int length = in.getInt(AT_LENGTH);
        if (length < 0 || length > bytes.length - AT_RECORDS) {
            throw new CorruptFileException(file, "it ends too early");
        }
        int crc = in.getInt(AT_CRC);
        in.putInt(AT_CRC, 0);
        int end = AT_RECORDS + length;
        if (crc != DurableFiles.crc(bytes, 0, end)) {
            throw new CorruptFileException(file, "its checksum is wrong");
        }
        try {
            Records records = Records.parse(in.slice(AT_RECORDS, length), in.getLong(AT_FIRST_INDEX));
            long savedAtMs = DataDirectory.numberAt(in, end).orElse(0);
            long discardedFrom =
                    DataDirectory.numberAt(in, end + AT_DISCARDED_FROM).orElse(0);
            return new Saved(in.getLong(AT_TERM), records, savedAtMs, discardedFrom);
        } catch (MalformedRecordsException e) {
            throw new CorruptFileException(file, String.valueOf(e.getMessage()));
        }
    }

    /** Takes note that the entries from an index on are lost. Not durable, and need not be. */
    public void settle(Path file, long discardedFrom) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
            out.read(length, AT_LENGTH);
            out.position(AT_RECORDS + (long) length.getInt(0) + AT_DISCARDED_FROM);
            DurableFiles.writeFully(out, DataDirectory.number(discardedFrom));
        }
    }
}
