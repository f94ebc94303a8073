package dev.quorate.replica;

import dev.quorate.protocol.EntryBatch;
import java.nio.ByteBuffer;

/** How a batch of entries becomes bytes of the wire and back, so that the wire need not know the log's record format. */
public interface EntryCodec {
    /** The records' bytes; a view, not to be changed. */
    ByteBuffer bytes(EntryBatch batch);

    /**
     * The batch in these bytes, every checksum verified.
     *
     * @throws PeerException if they are not records from {@code firstIndex} on
     */
    EntryBatch parse(ByteBuffer bytes, long firstIndex);
}
