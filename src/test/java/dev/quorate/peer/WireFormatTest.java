package dev.quorate.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.quorate.protocol.EntryBatch;
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
import dev.quorate.replica.StoredValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Over seeded messages of every kind: what goes in comes out, and what is damaged fails in one way only. */
class WireFormatTest {
    private static final int SEEDS = 300;
    private static final List<String> TEXTS = List.of("", "k", "users/42", "ключ", "键\uD83D\uDD11", "a\u0000b");

    /** An encoded message, how to read it back, and what to expect, in a form that can be compared. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Sample(String kind, byte[] bytes, Function<byte[], Object> reader, Object expected) {
        Object read(byte[] message) {
            return reader.apply(message);
        }
    }

    /** Entries as their terms, eight bytes each: the wire must not care what they are. */
    private record Terms(long firstIndex, List<Long> terms) implements EntryBatch {
        @Override
        public int count() {
            return terms.size();
        }

        @Override
        public long term(int offset) {
            return terms.get(offset);
        }

        @Override
        public int sizeBytes() {
            return 8 * terms.size();
        }
    }

    private static final EntryCodec CODEC = new EntryCodec() {
        @Override
        public ByteBuffer bytes(EntryBatch batch) {
            ByteBuffer out = ByteBuffer.allocate(batch.sizeBytes());
            ((Terms) batch).terms().forEach(out::putLong);
            return out.flip().asReadOnlyBuffer();
        }

        @Override
        public EntryBatch parse(ByteBuffer bytes, long firstIndex) {
            if (bytes.remaining() % 8 != 0) {
                throw new PeerException("half an entry");
            }
            List<Long> terms = new ArrayList<>();
            while (bytes.hasRemaining()) {
                terms.add(bytes.getLong());
            }
            return new Terms(firstIndex, terms);
        }
    };

    @Test
    void whatGoesInComesOut() {
        overSeeds((sample, random, seed) ->
                assertEquals(sample.expected, sample.read(sample.bytes), sample.kind + ", seed " + seed));
    }

    @Test
    void aMessageThatIsCutIsRefused() {
        overSeeds((sample, random, seed) -> {
            byte[] cut = Arrays.copyOf(sample.bytes, random.nextInt(sample.bytes.length));
            assertThrows(
                    MalformedMessageException.class,
                    () -> sample.read(cut),
                    sample.kind + " cut to " + cut.length + ", seed " + seed);
        });
    }

    @Test
    void aMessageWithMoreBehindItIsRefused() {
        overSeeds((sample, random, seed) -> assertThrows(
                MalformedMessageException.class,
                () -> sample.read(Arrays.copyOf(sample.bytes, sample.bytes.length + 1 + random.nextInt(20))),
                sample.kind + ", seed " + seed));
    }

    /** A flipped bit of a number is another number; what must not happen is any other failure than the typed one. */
    @Test
    void flippedBitsNeverFailInAnotherWay() {
        overSeeds((sample, random, seed) -> {
            byte[] damaged = sample.bytes.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            expectAnswerOrTypedFailure(sample, damaged, seed);
        });
    }

    @Test
    void noiseNeverFailsInAnotherWay() {
        overSeeds((sample, random, seed) -> {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            System.arraycopy(sample.bytes, 0, noise, 0, Math.min(noise.length, 4));
            expectAnswerOrTypedFailure(sample, noise, seed);
        });
    }

    @Test
    void anotherVersionIsRefusedByItsNumber() {
        byte[] bytes = WireFormat.repairAnswer(true);
        bytes[2]++;
        MalformedMessageException refusal =
                assertThrows(MalformedMessageException.class, () -> WireFormat.readRepairAnswer(bytes));
        assertTrue(String.valueOf(refusal.getMessage()).contains("version " + bytes[2]), refusal.getMessage());
    }

    @Test
    void anotherKindIsRefused() {
        overSeeds((sample, random, seed) -> {
            byte[] other = sample.bytes.clone();
            other[3] ^= (byte) (1 + random.nextInt(255));
            assertThrows(MalformedMessageException.class, () -> sample.read(other), sample.kind + ", seed " + seed);
        });
    }

    @Test
    void entriesThatDoNotFollowThePreviousPositionAreRefused() {
        Envelope envelope = new Envelope("quorate", 1, 0, 1, 2, 3);
        AppendRequest gap = new AppendRequest(0, 1, 1, 1, new Position(1, 4), 0, new Terms(6, List.of(1L)));
        byte[] bytes = WireFormat.append(envelope, gap, CODEC);
        assertThrows(MalformedMessageException.class, () -> WireFormat.readAppend(bytes, CODEC));
    }

    /** Appends are large: the array handed to the client is the one that was filled. */
    @Test
    void anAppendTakesNoMoreBytesThanItSays() {
        Envelope envelope = new Envelope("quorate", 1, 0, 1, 2, 3);
        AppendRequest probe = new AppendRequest(0, 1, 1, 1, Position.NONE, 0, new Terms(1, List.of(7L)));
        byte[] bytes = WireFormat.append(envelope, probe, CODEC);
        assertEquals(4 + 30 + "quorate".length() + 52 + 8, bytes.length);
        byte[] last = Arrays.copyOfRange(bytes, bytes.length - 8, bytes.length);
        assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 0, 0, 7}, last);
    }

    // ---- samples ---------------------------------------------------------------------------------------------------

    private interface Property {
        void hold(Sample sample, Random random, long seed);
    }

    private static void overSeeds(Property property) {
        for (long seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            for (Sample sample : samples(random)) {
                property.hold(sample, random, seed);
            }
        }
    }

    private static void expectAnswerOrTypedFailure(Sample sample, byte[] bytes, long seed) {
        try {
            sample.read(bytes);
        } catch (MalformedMessageException expected) {
            assertTrue(expected.getMessage() != null, "says why");
        } catch (RuntimeException | Error other) {
            fail(sample.kind + ", seed " + seed, other);
        }
    }

    private static List<Sample> samples(Random random) {
        List<Sample> samples = new ArrayList<>(requests(random));
        samples.addAll(answers(random));
        return samples;
    }

    private static List<Sample> requests(Random random) {
        Envelope envelope = new Envelope(
                text(random),
                random.nextLong(),
                random.nextInt(9),
                random.nextInt(9),
                random.nextLong(),
                random.nextLong());
        AppendRequest append = append(random, envelope);
        Heartbeat heartbeat = new Heartbeat(
                envelope.from(),
                envelope.to(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong());
        WireFormat.Form form = new WireFormat.Form(random.nextLong(), random.nextLong(), longs(random));
        String key = text(random);
        Repair repair = new Repair(random.nextLong(), position(random), text(random), value(random));
        List<Sample> all = new ArrayList<>(elections(random, envelope));
        all.addAll(List.of(
                new Sample(
                        "append",
                        WireFormat.append(envelope, append, CODEC),
                        bytes -> WireFormat.readAppend(bytes, CODEC),
                        new WireFormat.Received<>(envelope, append)),
                new Sample(
                        "heartbeat",
                        WireFormat.heartbeat(envelope, heartbeat),
                        WireFormat::readHeartbeat,
                        new WireFormat.Received<>(envelope, heartbeat)),
                new Sample(
                        "form",
                        WireFormat.form(envelope, form.setId(), form.replaces(), form.incarnations()),
                        WireFormat::readForm,
                        new WireFormat.Received<>(envelope, form)),
                new Sample(
                        "read",
                        WireFormat.read(envelope, key),
                        WireFormat::readRead,
                        new WireFormat.Received<>(envelope, key)),
                new Sample(
                        "repair",
                        WireFormat.repair(envelope, repair),
                        bytes -> {
                            WireFormat.Received<Repair> back = WireFormat.readRepair(bytes);
                            return List.of(back.envelope(), comparable(back.content()));
                        },
                        List.of(envelope, comparable(repair)))));
        return all;
    }

    private static List<Sample> elections(Random random, Envelope envelope) {
        int from = envelope.from();
        int to = envelope.to();
        boolean joining = random.nextBoolean();
        PreVoteRequest preVote = new PreVoteRequest(from, to, random.nextLong(), position(random));
        VoteRequest vote = new VoteRequest(from, to, random.nextLong(), position(random), random.nextBoolean());
        TimeoutNow timeoutNow = new TimeoutNow(from, to, random.nextLong());
        Admission admission = new Admission(from, to, random.nextLong(), random.nextLong(), random.nextLong());
        WireFormat.Install install = install(random, envelope);
        return List.of(
                new Sample(
                        "state hashes",
                        WireFormat.stateHashes(envelope),
                        WireFormat::readStateHashes,
                        new WireFormat.Received<>(envelope, true)),
                new Sample(
                        "hello",
                        WireFormat.hello(envelope, joining),
                        WireFormat::readHello,
                        new WireFormat.Received<>(envelope, joining)),
                new Sample(
                        "pre-vote",
                        WireFormat.preVote(envelope, preVote),
                        WireFormat::readPreVote,
                        new WireFormat.Received<>(envelope, preVote)),
                new Sample(
                        "vote",
                        WireFormat.vote(envelope, vote),
                        WireFormat::readVote,
                        new WireFormat.Received<>(envelope, vote)),
                new Sample(
                        "transfer",
                        WireFormat.timeoutNow(envelope, timeoutNow),
                        WireFormat::readTimeoutNow,
                        new WireFormat.Received<>(envelope, timeoutNow)),
                new Sample(
                        "install",
                        WireFormat.install(envelope, install.request(), install.part()),
                        WireFormat::readInstall,
                        new WireFormat.Received<>(envelope, install)),
                new Sample(
                        "admit",
                        WireFormat.admission(envelope, admission),
                        WireFormat::readAdmission,
                        new WireFormat.Received<>(envelope, admission)));
    }

    private static WireFormat.Install install(Random random, Envelope envelope) {
        byte[] part = new byte[random.nextInt(100)];
        random.nextBytes(part);
        long offset = random.nextInt(1_000);
        InstallRequest request = new InstallRequest(
                envelope.from(), envelope.to(), random.nextLong(), random.nextLong(), position(random), offset);
        long total = offset + part.length + random.nextInt(1_000);
        return new WireFormat.Install(request, new SnapshotPart(total, ByteBuffer.wrap(part)));
    }

    /** Numbers may change under a flip, bytes of the state must not. */
    @Test
    void aPartOfASnapshotThatWasChangedOnTheWayIsRefused() {
        Random random = new Random(7);
        Envelope envelope = new Envelope("quorate", 1, 0, 1, 2, 3);
        InstallRequest request = new InstallRequest(0, 1, 1, 1, new Position(1, 4), 0);
        byte[] part = new byte[50];
        byte[] bytes = WireFormat.install(envelope, request, new SnapshotPart(50, ByteBuffer.wrap(part)));
        for (int at = bytes.length - part.length; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            assertThrows(MalformedMessageException.class, () -> WireFormat.readInstall(damaged));
        }
    }

    private static List<Sample> answers(Random random) {
        AppendResponse append = new AppendResponse(
                random.nextInt(9),
                random.nextInt(9),
                random.nextLong(),
                random.nextLong(),
                random.nextBoolean(),
                random.nextLong(),
                random.nextBoolean());
        HeartbeatResponse heartbeat = new HeartbeatResponse(
                random.nextInt(9),
                random.nextInt(9),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextBoolean());
        PeerState state = new PeerState(
                text(random),
                1 + random.nextInt(9),
                random.nextInt(9),
                Stage.of((byte) random.nextInt(4)),
                random.nextLong(),
                random.nextLong(),
                longs(random),
                random.nextBoolean() ? "auto" : "none");
        PreVoteResponse preVote = new PreVoteResponse(
                random.nextInt(9), random.nextInt(9), random.nextLong(), random.nextLong(), random.nextBoolean());
        VoteResponse vote =
                new VoteResponse(random.nextInt(9), random.nextInt(9), random.nextLong(), random.nextBoolean());
        ReadReply reply = new ReadReply(
                random.nextInt(9),
                random.nextLong(),
                position(random),
                random.nextLong(),
                random.nextLong(),
                value(random));
        boolean taken = random.nextBoolean();
        return List.of(
                new Sample("append answer", WireFormat.appendAnswer(append), WireFormat::readAppendAnswer, append),
                installAnswer(random),
                new Sample(
                        "heartbeat answer",
                        WireFormat.heartbeatAnswer(heartbeat),
                        WireFormat::readHeartbeatAnswer,
                        heartbeat),
                new Sample(
                        "pre-vote answer", WireFormat.preVoteAnswer(preVote), WireFormat::readPreVoteAnswer, preVote),
                new Sample("vote answer", WireFormat.voteAnswer(vote), WireFormat::readVoteAnswer, vote),
                new Sample("done", WireFormat.done(), WireFormat::readDone, true),
                new Sample("state", WireFormat.state(state), WireFormat::readState, state),
                new Sample(
                        "read answer",
                        WireFormat.readAnswer(reply),
                        bytes -> comparable(WireFormat.readReadAnswer(bytes)),
                        comparable(reply)),
                stateHashesAnswer(random),
                new Sample("repair answer", WireFormat.repairAnswer(taken), WireFormat::readRepairAnswer, taken));
    }

    private static Sample stateHashesAnswer(Random random) {
        TreeMap<Long, Long> byIndex = new TreeMap<>();
        for (int marks = random.nextInt(40); marks > 0; marks--) {
            byIndex.put(random.nextLong(), random.nextLong());
        }
        StateHashes hashes = new StateHashes(random.nextInt(9), random.nextInt(100), byIndex);
        return new Sample(
                "state hashes answer", WireFormat.stateHashesAnswer(hashes), WireFormat::readStateHashesAnswer, hashes);
    }

    private static Sample installAnswer(Random random) {
        InstallResponse install = new InstallResponse(
                random.nextInt(9),
                random.nextInt(9),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                random.nextBoolean());
        return new Sample("install answer", WireFormat.installAnswer(install), WireFormat::readInstallAnswer, install);
    }

    private static AppendRequest append(Random random, Envelope envelope) {
        Position previous = position(random);
        List<Long> terms = random.longs(random.nextInt(5)).boxed().toList();
        return new AppendRequest(
                envelope.from(),
                envelope.to(),
                random.nextLong(),
                random.nextLong(),
                previous,
                random.nextLong(),
                new Terms(previous.index() + 1, terms));
    }

    private static Object comparable(ReadReply reply) {
        return List.of(
                reply.replica(),
                reply.term(),
                reply.last(),
                reply.commitIndex(),
                reply.stalenessMs(),
                comparable(reply.value()));
    }

    private static Object comparable(Repair repair) {
        return List.of(repair.term(), repair.at(), repair.key(), comparable(repair.value()));
    }

    private static Object comparable(@Nullable StoredValue value) {
        return value == null
                ? "absent"
                : List.of(
                        value.key(),
                        ByteBuffer.wrap(value.value()),
                        String.valueOf(value.contentType()),
                        value.version(),
                        value.timestampMs());
    }

    private static @Nullable StoredValue value(Random random) {
        if (random.nextInt(4) == 0) {
            return null;
        }
        byte[] bytes = text(random).repeat(random.nextInt(20)).getBytes(StandardCharsets.UTF_8);
        String type = random.nextBoolean() ? null : "text/plain; charset=ключ";
        return new StoredValue(text(random), bytes, type, position(random), random.nextLong());
    }

    private static List<Long> longs(Random random) {
        return random.longs(random.nextInt(10)).boxed().toList();
    }

    private static Position position(Random random) {
        return new Position(random.nextLong() >>> 1, random.nextLong() >>> 2);
    }

    private static String text(Random random) {
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }
}
