package dev.quorate.replica;

import dev.quorate.log.NoSpaceException;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Quorum;
import dev.quorate.protocol.ReplicaCore;
import dev.quorate.protocol.Role;
import dev.quorate.store.KeyRecord;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.Outcome;
import dev.quorate.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A leader's writes (protocol.md §2.1): refused with nothing done, answered with what an earlier try did, or appended,
 * applied as newest, and waiting for replicas. All is decided here against the newest state, so that an entry is an
 * unconditional mutation. Loop thread only.
 */
final class Writes {
    private final Replica replica;
    private final ReplicaOptions options;
    private final ReplicaCore core;
    private final Storage storage;
    private final AckWaits waits;
    private final Refusals refusals;
    private final Expiry expiry;

    Writes(
            Replica replica,
            ReplicaOptions options,
            ReplicaCore core,
            Storage storage,
            AckWaits waits,
            Refusals refusals,
            Expiry expiry) {
        this.replica = replica;
        this.options = options;
        this.core = core;
        this.storage = storage;
        this.waits = waits;
        this.refusals = refusals;
        this.expiry = expiry;
    }

    /** A write's turn. True if it was appended. */
    boolean write(Write write) {
        requireTakesWrites();
        String idempotencyKey = write.request().idempotencyKey();
        Outcome before = idempotencyKey == null ? null : storage.store().outcome(idempotencyKey);
        if (before != null) {
            repeat(write, before);
            return false;
        }
        requireRoom(write);
        List<ReplicaException.Mismatch> mismatches = mismatches(write.request().operations());
        if (!mismatches.isEmpty()) {
            refuse(write, new ReplicaException.PreconditionFailed(mismatches));
            return false;
        }
        append(write);
        return true;
    }

    // ---- what is refused -------------------------------------------------------------------------------------------

    private void requireTakesWrites() {
        if (core.role() != Role.LEADER
                || replica.isStopped()
                || !replica.membership().isFormed()) {
            throw new ReplicaException.Unavailable(replica.view().whyNot(replica.id()));
        }
        if (!core.takesWrites()) {
            throw new ReplicaException.Unavailable("replica " + replica.id() + " is handing over its leadership");
        }
        if (pending() >= options.pendingWrites()) {
            throw new ReplicaException.Overloaded(options.pendingWrites() + " writes are waiting already");
        }
    }

    private void requireRoom(Write write) {
        Store store = storage.store();
        if (store.undoBytes() > options.uncommittedBytes()) {
            throw new ReplicaException.Overloaded(
                    "too many bytes are not committed yet: " + store.undoBytes() + " are kept to take them back");
        }
        long putBytes = write.putBytes();
        if (putBytes > 0 && store.memoryBytes() + putBytes > options.storeSizeBytes()) {
            throw new ReplicaException.StoreFull(
                    "the store holds " + store.memoryBytes() + " bytes of at most " + options.storeSizeBytes()
                            + "; nothing was written, and deletes are taken",
                    store.memoryBytes(),
                    options.storeSizeBytes());
        }
    }

    private List<ReplicaException.Mismatch> mismatches(List<WriteOperation> operations) {
        List<ReplicaException.Mismatch> found = new ArrayList<>(0);
        for (int i = 0; i < operations.size(); i++) {
            WriteOperation operation = operations.get(i);
            if (!operation.precondition().isNone()) {
                Position version = version(operation.key());
                if (!operation.precondition().holds(version)) {
                    found.add(new ReplicaException.Mismatch(i, operation.key(), version));
                }
            }
        }
        return found;
    }

    private @Nullable Position version(String key) {
        KeyRecord record = storage.store().get(key);
        return record == null ? null : record.version();
    }

    private void refuse(Write write, ReplicaException.PreconditionFailed refusal) {
        if (write.required() < Quorum.majority(options.replicas())) {
            throw refusal;
        }
        refusals.add(refusal, storage.wal().lastIndex(), core.askRound(), write.deadlineNanos(), write.emitter());
        expiry.expect(write.deadlineNanos());
    }

    // ---- what is done ----------------------------------------------------------------------------------------------

    /** The first try's version and outcome; how many have it is asked anew, as this one asks for it. */
    private void repeat(Write write, Outcome before) {
        if (!before.hash().equals(write.request().hash())) {
            throw new ReplicaException.KeyReused(before.version());
        }
        waits.addRepeat(before.version(), before.created(), write.required(), write.deadlineNanos(), write.emitter());
        expiry.expect(write.deadlineNanos());
    }

    private void append(Write write) {
        WriteOperation first = write.request().operations().get(0);
        boolean created = !write.request().batch()
                && first.value() != null
                && storage.store().get(first.key()) == null;
        if (created) {
            MutationCodec.stampCreated(write.payload());
        }
        long index = appended(write);
        for (WriteOperation operation : write.request().operations()) {
            if (operation.value() != null) {
                replica.events().wrote(index, operation.key(), operation.value(), write.required());
            }
        }
        Position version = new Position(core.term(), index);
        waits.add(version, created, write.required(), write.deadlineNanos(), write.emitter());
        expiry.expect(write.deadlineNanos());
    }

    private long appended(Write write) {
        boolean deletes = write.putBytes() == 0;
        try {
            try {
                return storage.append(core.term(), write.payload(), deletes);
            } catch (NoSpaceException e) {
                String others = deletes ? "" : ", and deletes are taken while what is kept for them lasts";
                throw storage.noSpace("the leader's disk is full; nothing was written" + others, e);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- who waits -------------------------------------------------------------------------------------------------

    int pending() {
        return waits.pending() + refusals.pending();
    }

    void complete() {
        waits.complete(core);
        refusals.complete(core.commitIndex(), core.confirmedRound());
    }

    void abandon(String why) {
        waits.abandon(why + "; the write may have been done");
        refusals.abandon(why);
    }
}
