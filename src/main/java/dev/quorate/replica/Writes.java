package dev.quorate.replica;

import dev.quorate.log.NoSpaceException;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** A leader's writes: refused with nothing done, or appended, applied as newest, and waiting for replicas. Loop thread only. */
final class Writes {
    private final Replica replica;
    private final ReplicaOptions options;
    private final ReplicaCore core;
    private final Storage storage;
    private final AckWaits waits;
    private final Expiry expiry;

    Writes(Replica replica, ReplicaOptions options, ReplicaCore core, Storage storage, AckWaits waits, Expiry expiry) {
        this.replica = replica;
        this.options = options;
        this.core = core;
        this.storage = storage;
        this.waits = waits;
        this.expiry = expiry;
    }

    /** A write's turn. True if it was appended. */
    boolean write(Write write) {
        ReplicaException refusal = refusal(write.value().length);
        if (refusal != null) {
            write.emitter().fail(refusal);
            return false;
        }
        long index;
        try {
            index = storage.append(core.term(), write.payload());
        } catch (NoSpaceException e) {
            write.emitter().fail(new ReplicaException.NoSpace("no space on the leader's disk; nothing was written"));
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        replica.events().wrote(index, write.key(), write.value(), write.required());
        waits.add(new Position(core.term(), index), write.required(), write.deadlineNanos(), write.emitter());
        expiry.expect(write.deadlineNanos());
        return true;
    }

    private @Nullable ReplicaException refusal(int valueBytes) {
        if (core.role() != Role.LEADER
                || replica.isStopped()
                || !replica.membership().isFormed()) {
            return new ReplicaException.Unavailable(replica.view().whyNot(replica.id()));
        }
        if (!core.takesWrites()) {
            return new ReplicaException.Unavailable("replica " + replica.id() + " is handing over its leadership");
        }
        if (waits.pending() >= options.pendingWrites()) {
            return new ReplicaException.Overloaded(options.pendingWrites() + " writes are waiting already");
        }
        if (storage.store().undoBytes() > options.uncommittedBytes()) {
            return new ReplicaException.Overloaded("too many bytes are not committed yet");
        }
        if (storage.store().sizeBytes() + valueBytes > options.storeSizeBytes()) {
            return new ReplicaException.NoSpace("the store holds "
                    + storage.store().sizeBytes() + " bytes of at most " + options.storeSizeBytes()
                    + "; nothing was written");
        }
        return null;
    }

    int pending() {
        return waits.pending();
    }

    void complete() {
        waits.complete(core);
    }

    void abandon(String why) {
        waits.abandon(why);
    }
}
