package dev.quorate.log;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;

/** A file of the log that is written no more, and what reading it anew must find. */
public final class ColdSegment {
    private final Segment segment;
    private final int end;
    private final int chain;

    /**
     * As it is now.
     *
     * @param end where its frames end
     * @param chain what the frame or segment behind it continues
     */
    ColdSegment(Segment segment, int end, int chain) {
        this.segment = segment;
        this.end = end;
        this.chain = chain;
    }

    /** Where it is. */
    public Path file() {
        return segment.file();
    }

    /**
     * Reads the file and tries every checksum in it. Any thread.
     *
     * @param progress told of bytes as they are read; may hold the reading up
     * @throws CorruptFileException if it is not what was written, or cannot be read
     * @throws NoSuchFileException if it is gone, as the log needs it no more
     * @throws ClosedByInterruptException if the thread was interrupted: nothing is known of the file
     */
    public void verify(LongConsumer progress) throws IOException {
        Path file = segment.file();
        SegmentScan found;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            SegmentScan.readThrough(in, progress);
            found = segment.scan(in);
        } catch (NoSuchFileException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptFileException(file, String.valueOf(e.getMessage()));
        }
        if (found.header() == null) {
            throw new CorruptLogException(file, 0, "its header is damaged");
        }
        if (found.damagedAt() >= 0) {
            throw new CorruptLogException(file, found.damagedAt(), found.damage());
        }
        if (found.end() != end || found.chain() != chain) {
            throw new CorruptLogException(file, found.end(), "a frame that was written there is not whole any more");
        }
    }
}
