package dev.quorate.log;

import dev.quorate.protocol.EntryKind;
import java.nio.ByteBuffer;

/** Takes entries in index order. */
public interface EntryVisitor {
    /** One entry; the payload is valid during the call only. */
    void visit(long index, long term, EntryKind kind, ByteBuffer payload);
}
