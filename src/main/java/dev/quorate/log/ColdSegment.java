package dev.quorate.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * A file of the log that is written no more, and what reading it anew must find.
 *
 * @param file the file
 * @param end where its frames end
 * @param chain what the frame or segment behind it continues
 */
public record ColdSegment(Path file, int end, int chain) {
    /**
     * Reads the file and tries every checksum in it. Any thread.
     *
     * @param progress told of bytes as they are read; may hold the reading up
     * @throws CorruptFileException if it is not what was written, or cannot be read
     * @throws NoSuchFileException if it is gone, as the log may need it no more
     */
    public void verify(LongConsumer progress) throws IOException {
        SegmentScan found;
        try {
            found = SegmentScan.read(file, progress);
        } catch (NoSuchFileException e) {
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
