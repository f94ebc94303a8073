package dev.quorate.replica;

import dev.quorate.protocol.WriteConcern;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.RequestHash;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks to be written: all of it in one log entry, or nothing.
 *
 * @param operations 1..65,535 of them, each of another key; each precondition is judged before any of them is done
 * @param batch whether it was asked for as a batch, which is another request than the one operation in it
 * @param idempotencyKey 1..128 characters of ASCII under which its outcome is remembered, or null
 * @param concern how many replicas must have it
 * @param timeout how long they may take
 */
public record WriteRequest(
        List<WriteOperation> operations,
        boolean batch,
        @Nullable String idempotencyKey,
        WriteConcern concern,
        Duration timeout) {

    /** The mutation that does it, but for what the leader stamps; the wall clock is shown only. */
    ByteBuffer mutation(int required, long wallMs) {
        MutationCodec.Builder mutation = new MutationCodec.Builder(required, wallMs);
        for (WriteOperation operation : operations) {
            byte[] value = operation.value();
            if (value == null) {
                mutation.delete(operation.key());
            } else {
                mutation.put(
                        operation.key(),
                        value,
                        operation.contentType(),
                        operation.ttl().toMillis());
            }
        }
        if (idempotencyKey != null) {
            mutation.outcome(idempotencyKey, hash());
        }
        return mutation.build();
    }

    /** Tells it from other requests under the same key. What only says how long to wait, and for whom, is left out. */
    RequestHash hash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            writeTo(new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), digest)));
            ByteBuffer bytes = ByteBuffer.wrap(digest.digest());
            return new RequestHash(bytes.getLong(), bytes.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeTo(DataOutputStream out) throws IOException {
        out.writeBoolean(batch);
        for (WriteOperation operation : operations) {
            write(operation.key().getBytes(StandardCharsets.UTF_8), out);
            write(operation.value(), out);
            String type = operation.contentType();
            write(type == null ? null : type.getBytes(StandardCharsets.UTF_8), out);
            out.writeLong(operation.ttl().toMillis());
            write(text(operation.precondition().ifMatch()), out);
            write(text(operation.precondition().ifNoneMatch()), out);
        }
    }

    private static byte @Nullable [] text(Precondition.@Nullable Versions versions) {
        if (versions == null) {
            return null;
        }
        return (versions.any() ? "*" : versions.listed().toString()).getBytes(StandardCharsets.UTF_8);
    }

    private static void write(byte @Nullable [] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }
}
