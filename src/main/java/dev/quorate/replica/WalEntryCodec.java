package dev.quorate.replica;

import dev.quorate.log.MalformedRecordsException;
import dev.quorate.log.Records;
import dev.quorate.protocol.EntryBatch;
import java.nio.ByteBuffer;

/** The log's own record bytes go over the wire as they are; nothing is encoded twice. */
final class WalEntryCodec implements EntryCodec {
    @Override
    public ByteBuffer bytes(EntryBatch batch) {
        return ((Records) batch).bytes();
    }

    @Override
    public EntryBatch parse(ByteBuffer bytes, long firstIndex) {
        try {
            return Records.parse(bytes, firstIndex);
        } catch (MalformedRecordsException e) {
            throw new PeerException("the entries received are damaged: " + e.getMessage());
        }
    }
}
