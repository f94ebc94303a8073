package dev.quorate.replica;

import dev.quorate.log.SnapshotFile;
import dev.quorate.store.StateCodec;
import dev.quorate.store.StoreImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A snapshot that was read back and found whole: a replica's state, made beside the one in use. The first block of a
 * snapshot is {@link Admissions}', all others are {@link StateCodec}'s.
 *
 * @param file where it is
 * @param image records and leader time
 * @param admissions whom the log up to there admits
 */
record RestoredState(SnapshotFile file, StoreImage image, ByteBuffer admissions) {
    /**
     * Reads a file whose checksums were found right. Any thread; takes as long as the disk.
     *
     * @throws IOException if it cannot be read, or has changed since
     */
    static RestoredState read(SnapshotFile file) throws IOException {
        StoreImage image = new StoreImage();
        List<ByteBuffer> admissions = new ArrayList<>(1);
        file.forEachBlock(block -> {
            if (admissions.isEmpty()) {
                admissions.add(ByteBuffer.allocate(block.remaining()).put(block).flip());
            } else {
                StateCodec.read(block, image);
            }
        });
        return new RestoredState(file, image, admissions.get(0));
    }
}
