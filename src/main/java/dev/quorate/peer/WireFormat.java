package dev.quorate.peer;

import static dev.quorate.peer.WireParts.asByte;
import static dev.quorate.peer.WireParts.bytes;
import static dev.quorate.peer.WireParts.flag;
import static dev.quorate.peer.WireParts.length;
import static dev.quorate.peer.WireParts.list;
import static dev.quorate.peer.WireParts.position;
import static dev.quorate.peer.WireParts.putBytes;
import static dev.quorate.peer.WireParts.putList;
import static dev.quorate.peer.WireParts.putPosition;
import static dev.quorate.peer.WireParts.putValue;
import static dev.quorate.peer.WireParts.sizeOf;
import static dev.quorate.peer.WireParts.text;
import static dev.quorate.peer.WireParts.value;

import dev.quorate.protocol.Message.Admission;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.HeartbeatResponse;
import dev.quorate.protocol.Message.InstallRequest;
import dev.quorate.protocol.Message.InstallResponse;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.PreVoteResponse;
import dev.quorate.protocol.Message.TimeoutNow;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Message.VoteResponse;
import dev.quorate.protocol.Position;
import dev.quorate.protocol.Stage;
import dev.quorate.replica.EntryCodec;
import dev.quorate.replica.Envelope;
import dev.quorate.replica.PeerException;
import dev.quorate.replica.PeerState;
import dev.quorate.replica.Peers.ReadReply;
import dev.quorate.replica.Peers.Repair;
import dev.quorate.replica.SnapshotPart;
import dev.quorate.replica.StateHashes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.CRC32C;

/**
 * The bytes of messages between replicas, version 3. Big endian; nobody else knows an offset.
 *
 * <pre>
 *   0      2         3      4
 *   +------+---------+------+-------------------------------------------------------------------+--------
 *   | "QP" | version | kind | envelope                                                          | content
 *   +------+---------+------+-------------------------------------------------------------------+--------
 *   envelope: set id (8) | from (1) | to (1) | from incarnation (8) | to incarnation (8) | set name
 *   text: length (4) | UTF-8        bytes: length (4), -1 for none | bytes        list: count (1) | values (8)
 * </pre>
 *
 * An answer has the same first four bytes and no envelope: it comes back on the connection of its request. Contents are
 * the components of the message's record, in order; entries are the log's own record bytes:
 *
 * <pre>
 *   append: term (8) | sequence (8) | previous term (8), index (8) | commit index (8) | first index (8) | entries (bytes)
 *   install: term (8) | sequence (8) | snapshot term (8), index (8) | offset (8) | total bytes (8) | CRC32C (4) | part (bytes)
 *   state hashes, answer: replica (1) | version of the hash (1) | indexes (list) | hashes (list), one an index
 *   value:  present (1) | key (text) | value (bytes) | content type (bytes) | term (8) | index (8) | timestamp ms (8)
 * </pre>
 *
 * Every length and count is checked against what is there before anything is allocated for it, and nothing may be left
 * over: what is cut, damaged or of an unknown version fails with {@link MalformedMessageException} and nothing else.
 */
final class WireFormat {
    private static final short MAGIC = 0x5150;
    private static final byte VERSION = 3;
    private static final int HEAD_BYTES = 4;
    private static final int APPEND_BYTES = 6 * Long.BYTES + Integer.BYTES;

    private static final byte APPEND = 1;
    private static final byte HEARTBEAT = 2;
    private static final byte HELLO = 3;
    private static final byte FORM = 4;
    private static final byte READ = 5;
    private static final byte REPAIR = 6;
    private static final byte PRE_VOTE = 7;
    private static final byte VOTE = 8;
    private static final byte TIMEOUT_NOW = 9;
    private static final byte ADMISSION = 10;
    private static final byte APPEND_ANSWER = 11;
    private static final byte HEARTBEAT_ANSWER = 12;
    private static final byte STATE = 13;
    private static final byte READ_ANSWER = 14;
    private static final byte REPAIR_ANSWER = 15;
    private static final byte PRE_VOTE_ANSWER = 16;
    private static final byte VOTE_ANSWER = 17;
    private static final byte DONE = 18;
    private static final byte INSTALL = 19;
    private static final byte INSTALL_ANSWER = 20;
    private static final byte STATE_HASHES = 21;
    private static final byte STATE_HASHES_ANSWER = 22;

    private WireFormat() {}

    /** A request and whose it is. */
    record Received<T>(Envelope envelope, T content) {}

    /** A request with a part of a snapshot. */
    record Install(InstallRequest request, SnapshotPart part) {}

    /** What a formation proposes. */
    record Form(long setId, long replaces, List<Long> incarnations) {}

    // ---- requests --------------------------------------------------------------------------------------------------

    static byte[] append(Envelope envelope, AppendRequest request, EntryCodec codec) {
        ByteBuffer entries = codec.bytes(request.entries());
        // The exact size: an append is large, and one more copy of it would be paid by every write.
        ByteBuffer out = request(APPEND, envelope, APPEND_BYTES + entries.remaining());
        out.putLong(request.term()).putLong(request.sequence());
        out.putLong(request.previous().term()).putLong(request.previous().index());
        out.putLong(request.commitIndex()).putLong(request.entries().firstIndex());
        return whole(out.putInt(entries.remaining()).put(entries));
    }

    static Received<AppendRequest> readAppend(byte[] bytes, EntryCodec codec) {
        return decodeRequest(bytes, APPEND, (in, envelope) -> {
            long term = in.getLong();
            long sequence = in.getLong();
            Position previous = position(in);
            long commitIndex = in.getLong();
            long firstIndex = in.getLong();
            // A cut between two records would leave records: the length tells.
            int length = length(in);
            ByteBuffer entries = in.slice(in.position(), length);
            in.position(in.position() + length);
            if (firstIndex != previous.index() + 1) {
                throw new MalformedMessageException("entries do not follow the previous position");
            }
            return new AppendRequest(
                    envelope.from(),
                    envelope.to(),
                    term,
                    sequence,
                    previous,
                    commitIndex,
                    codec.parse(entries, firstIndex));
        });
    }

    static byte[] install(Envelope envelope, InstallRequest request, SnapshotPart part) {
        ByteBuffer bytes = part.bytes().duplicate();
        ByteBuffer out = request(INSTALL, envelope, 6 * Long.BYTES + 2 * Integer.BYTES + bytes.remaining());
        out.putLong(request.term()).putLong(request.sequence());
        putPosition(out, request.snapshot());
        out.putLong(request.offset()).putLong(part.totalBytes()).putInt(crc(bytes));
        return whole(out.putInt(bytes.remaining()).put(bytes));
    }

    static Received<Install> readInstall(byte[] bytes) {
        return decodeRequest(bytes, INSTALL, (in, envelope) -> {
            InstallRequest request = new InstallRequest(
                    envelope.from(), envelope.to(), in.getLong(), in.getLong(), position(in), in.getLong());
            long totalBytes = in.getLong();
            int crc = in.getInt();
            int length = length(in);
            ByteBuffer part = in.slice(in.position(), length);
            in.position(in.position() + length);
            if (crc != crc(part) || request.offset() < 0 || request.offset() > totalBytes - length) {
                throw new MalformedMessageException("a part of a snapshot is damaged");
            }
            return new Install(request, new SnapshotPart(totalBytes, part));
        });
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    static byte[] heartbeat(Envelope envelope, Heartbeat heartbeat) {
        ByteBuffer out = request(HEARTBEAT, envelope, 40);
        out.putLong(heartbeat.term()).putLong(heartbeat.round()).putLong(heartbeat.commitIndex());
        return whole(out.putLong(heartbeat.provenRound()).putLong(heartbeat.provenIndex()));
    }

    static Received<Heartbeat> readHeartbeat(byte[] bytes) {
        return decodeRequest(
                bytes,
                HEARTBEAT,
                (in, envelope) -> new Heartbeat(
                        envelope.from(),
                        envelope.to(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong()));
    }

    static byte[] preVote(Envelope envelope, PreVoteRequest request) {
        ByteBuffer out = request(PRE_VOTE, envelope, 24).putLong(request.term());
        putPosition(out, request.last());
        return whole(out);
    }

    static Received<PreVoteRequest> readPreVote(byte[] bytes) {
        return decodeRequest(
                bytes,
                PRE_VOTE,
                (in, envelope) -> new PreVoteRequest(envelope.from(), envelope.to(), in.getLong(), position(in)));
    }

    static byte[] vote(Envelope envelope, VoteRequest request) {
        ByteBuffer out = request(VOTE, envelope, 25).putLong(request.term());
        putPosition(out, request.last());
        return whole(out.put(asByte(request.transfer())));
    }

    static Received<VoteRequest> readVote(byte[] bytes) {
        return decodeRequest(
                bytes,
                VOTE,
                (in, envelope) ->
                        new VoteRequest(envelope.from(), envelope.to(), in.getLong(), position(in), flag(in)));
    }

    static byte[] timeoutNow(Envelope envelope, TimeoutNow message) {
        return whole(request(TIMEOUT_NOW, envelope, 8).putLong(message.term()));
    }

    static Received<TimeoutNow> readTimeoutNow(byte[] bytes) {
        return decodeRequest(
                bytes, TIMEOUT_NOW, (in, envelope) -> new TimeoutNow(envelope.from(), envelope.to(), in.getLong()));
    }

    static byte[] admission(Envelope envelope, Admission message) {
        ByteBuffer out = request(ADMISSION, envelope, 24).putLong(message.term());
        return whole(out.putLong(message.incarnation()).putLong(message.admitIndex()));
    }

    static Received<Admission> readAdmission(byte[] bytes) {
        return decodeRequest(
                bytes,
                ADMISSION,
                (in, envelope) ->
                        new Admission(envelope.from(), envelope.to(), in.getLong(), in.getLong(), in.getLong()));
    }

    static byte[] hello(Envelope envelope, boolean joining) {
        return whole(request(HELLO, envelope, 1).put(asByte(joining)));
    }

    static Received<Boolean> readHello(byte[] bytes) {
        return decodeRequest(bytes, HELLO, (in, envelope) -> flag(in));
    }

    static byte[] form(Envelope envelope, long setId, long replaces, List<Long> incarnations) {
        ByteBuffer out = request(FORM, envelope, 17 + 8 * incarnations.size());
        putList(out.putLong(setId).putLong(replaces), incarnations);
        return whole(out);
    }

    static Received<Form> readForm(byte[] bytes) {
        return decodeRequest(bytes, FORM, (in, envelope) -> new Form(in.getLong(), in.getLong(), list(in)));
    }

    static byte[] read(Envelope envelope, String key) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = request(READ, envelope, 4 + text.length);
        putBytes(out, text);
        return whole(out);
    }

    static Received<String> readRead(byte[] bytes) {
        return decodeRequest(bytes, READ, (in, envelope) -> text(in));
    }

    static byte[] repair(Envelope envelope, Repair repair) {
        byte[] key = repair.key().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = request(REPAIR, envelope, 28 + key.length + sizeOf(repair.value()));
        putPosition(out.putLong(repair.term()), repair.at());
        putBytes(out, key);
        putValue(out, repair.value());
        return whole(out);
    }

    static Received<Repair> readRepair(byte[] bytes) {
        return decodeRequest(bytes, REPAIR, (in, envelope) -> {
            long term = in.getLong();
            Position at = position(in);
            String key = text(in);
            return new Repair(term, at, key, value(in));
        });
    }

    static byte[] stateHashes(Envelope envelope) {
        return whole(request(STATE_HASHES, envelope, 0));
    }

    static Received<Boolean> readStateHashes(byte[] bytes) {
        return decodeRequest(bytes, STATE_HASHES, (in, envelope) -> true);
    }

    // ---- answers ---------------------------------------------------------------------------------------------------

    static byte[] appendAnswer(AppendResponse answer) {
        ByteBuffer out = answer(APPEND_ANSWER, 28).put((byte) answer.from()).put((byte) answer.to());
        out.putLong(answer.term()).putLong(answer.sequence()).put(asByte(answer.accepted()));
        return whole(out.putLong(answer.matchIndex()).put(asByte(answer.counts())));
    }

    static AppendResponse readAppendAnswer(byte[] bytes) {
        return decodeAnswer(
                bytes,
                APPEND_ANSWER,
                in -> new AppendResponse(
                        in.get(), in.get(), in.getLong(), in.getLong(), flag(in), in.getLong(), flag(in)));
    }

    static byte[] installAnswer(InstallResponse answer) {
        ByteBuffer out = answer(INSTALL_ANSWER, 35).put((byte) answer.from()).put((byte) answer.to());
        out.putLong(answer.term()).putLong(answer.sequence()).putLong(answer.receivedBytes());
        return whole(out.putLong(answer.matchIndex()).put(asByte(answer.counts())));
    }

    static InstallResponse readInstallAnswer(byte[] bytes) {
        return decodeAnswer(
                bytes,
                INSTALL_ANSWER,
                in -> new InstallResponse(
                        in.get(), in.get(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), flag(in)));
    }

    static byte[] heartbeatAnswer(HeartbeatResponse answer) {
        ByteBuffer out = answer(HEARTBEAT_ANSWER, 35).put((byte) answer.from()).put((byte) answer.to());
        out.putLong(answer.term()).putLong(answer.round());
        out.putLong(answer.lastIndex()).putLong(answer.commitIndex());
        return whole(out.put(asByte(answer.counts())));
    }

    static HeartbeatResponse readHeartbeatAnswer(byte[] bytes) {
        return decodeAnswer(
                bytes,
                HEARTBEAT_ANSWER,
                in -> new HeartbeatResponse(
                        in.get(), in.get(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), flag(in)));
    }

    static byte[] preVoteAnswer(PreVoteResponse answer) {
        ByteBuffer out = answer(PRE_VOTE_ANSWER, 19).put((byte) answer.from()).put((byte) answer.to());
        return whole(out.putLong(answer.term()).putLong(answer.forTerm()).put(asByte(answer.granted())));
    }

    static PreVoteResponse readPreVoteAnswer(byte[] bytes) {
        return decodeAnswer(
                bytes,
                PRE_VOTE_ANSWER,
                in -> new PreVoteResponse(in.get(), in.get(), in.getLong(), in.getLong(), flag(in)));
    }

    static byte[] voteAnswer(VoteResponse answer) {
        ByteBuffer out = answer(VOTE_ANSWER, 11).put((byte) answer.from()).put((byte) answer.to());
        return whole(out.putLong(answer.term()).put(asByte(answer.granted())));
    }

    static VoteResponse readVoteAnswer(byte[] bytes) {
        return decodeAnswer(bytes, VOTE_ANSWER, in -> new VoteResponse(in.get(), in.get(), in.getLong(), flag(in)));
    }

    /** The answer to what needs none: it was taken. */
    static byte[] done() {
        return whole(answer(DONE, 0));
    }

    static boolean readDone(byte[] bytes) {
        return decodeAnswer(bytes, DONE, in -> true);
    }

    static byte[] state(PeerState state) {
        byte[] name = state.replicaSet().getBytes(StandardCharsets.UTF_8);
        byte[] election = state.election().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = answer(
                STATE,
                36 + name.length + election.length + 8 * state.incarnations().size());
        putBytes(out, name);
        out.put((byte) state.replicas()).put((byte) state.replica());
        out.put(state.stage().code()).putLong(state.setId()).putLong(state.incarnation());
        putList(out, state.incarnations());
        putBytes(out, election);
        return whole(out);
    }

    static PeerState readState(byte[] bytes) {
        return decodeAnswer(
                bytes,
                STATE,
                in -> new PeerState(
                        text(in),
                        in.get(),
                        in.get(),
                        Stage.of(in.get()),
                        in.getLong(),
                        in.getLong(),
                        list(in),
                        text(in)));
    }

    static byte[] readAnswer(ReadReply reply) {
        ByteBuffer out = answer(READ_ANSWER, 41 + sizeOf(reply.value())).put((byte) reply.replica());
        putPosition(out.putLong(reply.term()), reply.last());
        out.putLong(reply.commitIndex()).putLong(reply.stalenessMs());
        putValue(out, reply.value());
        return whole(out);
    }

    static ReadReply readReadAnswer(byte[] bytes) {
        return decodeAnswer(
                bytes,
                READ_ANSWER,
                in -> new ReadReply(in.get(), in.getLong(), position(in), in.getLong(), in.getLong(), value(in)));
    }

    static byte[] repairAnswer(boolean taken) {
        return whole(answer(REPAIR_ANSWER, 1).put(asByte(taken)));
    }

    static boolean readRepairAnswer(byte[] bytes) {
        return decodeAnswer(bytes, REPAIR_ANSWER, WireParts::flag);
    }

    static byte[] stateHashesAnswer(StateHashes hashes) {
        ByteBuffer out = answer(STATE_HASHES_ANSWER, 4 + 16 * hashes.byIndex().size());
        out.put((byte) hashes.replica()).put((byte) hashes.version());
        putList(out, List.copyOf(hashes.byIndex().keySet()));
        putList(out, List.copyOf(hashes.byIndex().values()));
        return whole(out);
    }

    static StateHashes readStateHashesAnswer(byte[] bytes) {
        return decodeAnswer(bytes, STATE_HASHES_ANSWER, in -> {
            int replica = in.get();
            int version = in.get();
            List<Long> indexes = list(in);
            List<Long> hashes = list(in);
            if (indexes.size() != hashes.size()) {
                throw new MalformedMessageException("not one hash an index");
            }
            NavigableMap<Long, Long> byIndex = new TreeMap<>();
            for (int i = 0; i < indexes.size(); i++) {
                byIndex.put(indexes.get(i), hashes.get(i));
            }
            return new StateHashes(replica, version, byIndex);
        });
    }

    // ---- heads -------------------------------------------------------------------------------------------

    private interface RequestReader<T> {
        T read(ByteBuffer in, Envelope envelope);
    }

    private static <T> Received<T> decodeRequest(byte[] bytes, byte kind, RequestReader<T> reader) {
        return decodeAnswer(bytes, kind, in -> {
            long setId = in.getLong();
            int from = in.get();
            int to = in.get();
            long fromIncarnation = in.getLong();
            long toIncarnation = in.getLong();
            Envelope envelope = new Envelope(text(in), setId, from, to, fromIncarnation, toIncarnation);
            return new Received<>(envelope, reader.read(in, envelope));
        });
    }

    private static <T> T decodeAnswer(byte[] bytes, byte kind, Function<ByteBuffer, T> reader) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            checkHead(in, kind);
            T content = reader.apply(in);
            if (in.hasRemaining()) {
                throw new MalformedMessageException(in.remaining() + " bytes too many");
            }
            return content;
        } catch (BufferUnderflowException | IllegalArgumentException | PeerException e) {
            throw new MalformedMessageException("a message is cut or damaged");
        }
    }

    private static void checkHead(ByteBuffer in, byte kind) {
        if (in.getShort() != MAGIC) {
            throw new MalformedMessageException("not a message between replicas");
        }
        byte version = in.get();
        if (version != VERSION) {
            throw new MalformedMessageException(
                    "version " + version + " of the wire format; this program speaks " + VERSION);
        }
        byte found = in.get();
        if (found != kind) {
            throw new MalformedMessageException("a message of kind " + found + " where " + kind + " was expected");
        }
    }

    private static ByteBuffer request(byte kind, Envelope envelope, int contentBytes) {
        byte[] name = envelope.replicaSet().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = answer(kind, 30 + name.length + contentBytes);
        out.putLong(envelope.setId()).put((byte) envelope.from()).put((byte) envelope.to());
        out.putLong(envelope.fromIncarnation()).putLong(envelope.toIncarnation());
        putBytes(out, name);
        return out;
    }

    private static ByteBuffer answer(byte kind, int contentBytes) {
        return ByteBuffer.allocate(HEAD_BYTES + contentBytes)
                .putShort(MAGIC)
                .put(VERSION)
                .put(kind);
    }

    @SuppressWarnings("ByteBufferBackingArray") // made by allocate, above
    private static byte[] whole(ByteBuffer out) {
        byte[] bytes = out.array();
        return out.position() == bytes.length ? bytes : Arrays.copyOf(bytes, out.position());
    }
}
