package dev.quorate.log;

import dev.quorate.protocol.Stage;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Whose a data directory is: what its identity file holds. What follows from it is {@code replica}'s to say. Big endian:
 *
 * <pre>
 *   0       1       2       3          4        12            20
 *   +-------+-------+-------+----------+--------+-------------+------------+---------------+-------+--------------+
 *   |version| stage | N     | this id  | set id | incarnation | set's name | election mode | count | incarnations |
 *   +-------+-------+-------+----------+--------+-------------+------------+---------------+-------+--------------+
 *
 *   name and mode: length (2) | UTF-8;  count: 1;  an incarnation: 8
 * </pre>
 *
 * @param replicaSet the set's configured name
 * @param replicas N
 * @param replica the id this directory is for
 * @param election how leaders come to be in this set: {@code auto} or {@code none}
 * @param stage how far formation is
 * @param setId the set's random id; 0 when empty
 * @param incarnation this directory's random number
 * @param incarnations those of all replicas in id order; none when empty
 */
public record DirectoryIdentity(
        String replicaSet,
        int replicas,
        int replica,
        String election,
        Stage stage,
        long setId,
        long incarnation,
        List<Long> incarnations) {
    /** How far above the highest known term a new set begins, so that nothing of the old one is newer (protocol.md §6). */
    public static final long RECOVERY_TERMS = 1_000;

    private static final byte VERSION = 1;

    /**
     * Of a new set that is formed around what one directory holds: no message of an old set is for it.
     *
     * @param setId random
     * @param incarnation random
     */
    public static DirectoryIdentity recovered(
            String replicaSet, int replicas, int replica, String election, long setId, long incarnation) {
        List<Long> unknown = new ArrayList<>(Collections.nCopies(replicas, 0L));
        unknown.set(replica, incarnation);
        return new DirectoryIdentity(
                replicaSet, replicas, replica, election, Stage.RECOVERED, setId, incarnation, List.copyOf(unknown));
    }

    /** The bytes, for {@link DataDirectory#writeIdentityAndSync}. */
    public byte[] encode() {
        byte[] name = replicaSet.getBytes(StandardCharsets.UTF_8);
        byte[] mode = election.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(64 + name.length + mode.length + 8 * incarnations.size());
        out.put(VERSION).put(stage.code()).put((byte) replicas).put((byte) replica);
        out.putLong(setId).putLong(incarnation);
        out.putShort((short) name.length)
                .put(name)
                .putShort((short) mode.length)
                .put(mode);
        out.put((byte) incarnations.size());
        incarnations.forEach(out::putLong);
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /**
     * What {@link #encode} made.
     *
     * @throws IllegalStateException if the bytes are not of the version that this program knows
     */
    public static DirectoryIdentity decode(byte[] bytes) {
        try {
            return decode(ByteBuffer.wrap(bytes));
        } catch (BufferUnderflowException | NegativeArraySizeException | IllegalArgumentException e) {
            throw new IllegalStateException("identity file holds what this program does not know: " + e, e);
        }
    }

    private static DirectoryIdentity decode(ByteBuffer in) {
        byte version = in.get();
        if (version != VERSION) {
            throw new IllegalStateException("identity file of version " + version + "; this program reads " + VERSION);
        }
        Stage stage = Stage.of(in.get());
        int replicas = in.get();
        int replica = in.get();
        long setId = in.getLong();
        long incarnation = in.getLong();
        String name = text(in);
        String election = text(in);
        List<Long> incarnations = new ArrayList<>();
        for (int left = in.get(); left > 0; left--) {
            incarnations.add(in.getLong());
        }
        return new DirectoryIdentity(
                name, replicas, replica, election, stage, setId, incarnation, List.copyOf(incarnations));
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
