package dev.quorate.replica;

import static dev.quorate.replica.FullDiskTest.end;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.SyncPolicy;
import dev.quorate.log.WalOptions;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.Heartbeat;
import dev.quorate.protocol.Message.PreVoteRequest;
import dev.quorate.protocol.Message.VoteRequest;
import dev.quorate.protocol.Stage;
import dev.quorate.protocol.WriteConcern;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two empty directories become a set, whatever becomes of the messages (protocol.md §1). */
class FormationTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<Replica> replicas = new ArrayList<>();
    private final List<Uni<PeerState>> proposals = new ArrayList<>();
    private Optional<String> election = Optional.empty();

    @AfterEach
    void stop() {
        replicas.forEach(Replica::stop);
    }

    /** Of two replicas neither elects alone: with another set stored at each of them they would wait for good. */
    @ParameterizedTest(name = "overtaken: {0}")
    @ValueSource(booleans = {true, false})
    void aProposalThatWasHeldUpTakesNoNewerOnesPlace(boolean overtaken) throws IOException {
        Peers link = link(call -> {
            proposals.add(call);
            Uni<PeerState> late = proposals.get(0).onFailure().recoverWithNull();
            return switch (proposals.size()) {
                case 1 -> Uni.createFrom().failure(new PeerException("replica 1 did not answer in time"));
                case 2 -> overtaken ? call.call(() -> late) : late.chain(() -> call);
                default -> call;
            };
        });
        start(link);
        await().until(() -> replicas.get(0).view().serving());
        end(replicas.get(0).put("k", new byte[1], null, WriteConcern.ALL, LONG)).assertCompleted();
        assertEquals(
                replicas.get(0).membership().setId(),
                replicas.get(1).membership().setId());
        assertEquals(overtaken ? 2 : 3, proposals.size());
    }

    /** Without elections it would lead a set that has a log, without that log. */
    @Test
    void withoutElectionsAnEmptyReplicaZeroDoesNotJoinItsSet() throws IOException {
        try (DataDirectory data = DataDirectory.open(directory.resolve("replica-1"))) {
            LeadersLog.begin(data);
            Identity.save(data, new Membership("quorate", 2, 1, "none", Stage.FORMED, 7, 12, List.of(11L, 12L)));
        }
        election = Optional.of("none");
        start(link(call -> call));
        await().until(() -> String.valueOf(replicas.get(0).view().awaiting()).contains("replica 0 lost its directory"));
        assertEquals(Stage.EMPTY, replicas.get(0).membership().stage());
    }

    private void start(Peers link) throws IOException {
        for (int id = 0; id < 2; id++) {
            replicas.add(Replica.open(options(id), link, new SilentListener(), new ClusterEvents(), reason -> {}));
        }
        replicas.forEach(replica -> replica.start(false));
    }

    private interface Proposals {
        Uni<PeerState> pass(Uni<PeerState> call);
    }

    /** Brings each message to whom it is for; the proposals as the test wants them. */
    private Peers link(Proposals forms) {
        return (Peers) Proxy.newProxyInstance(
                Peers.class.getClassLoader(), new Class<?>[] {Peers.class}, (proxy, method, arguments) -> {
                    Envelope envelope = (Envelope) arguments[0];
                    PeerRequests to = replicas.get(envelope.to()).fromPeers();
                    return switch (method.getName()) {
                        case "hello" -> to.onHello(envelope, (Boolean) arguments[1]);
                        case "form" -> forms.pass(form(to, envelope, arguments));
                        case "append" -> to.onAppend(envelope, (AppendRequest) arguments[1]);
                        case "heartbeat" -> to.onHeartbeat(envelope, (Heartbeat) arguments[1]);
                        case "preVote" -> to.onPreVote(envelope, (PreVoteRequest) arguments[1]);
                        case "vote" -> to.onVote(envelope, (VoteRequest) arguments[1]);
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                });
    }

    @SuppressWarnings("unchecked") // as the port declares them
    private static Uni<PeerState> form(PeerRequests to, Envelope envelope, Object[] arguments) {
        return to.onForm(envelope, (Long) arguments[1], (Long) arguments[2], (List<Long>) arguments[3]);
    }

    private ReplicaOptions options(int id) {
        WalOptions wal = new WalOptions(1 << 16, SyncPolicy.ALWAYS, Duration.ofMillis(100));
        return new ReplicaOptions(
                "quorate",
                2,
                id,
                directory.resolve("replica-" + id),
                wal,
                election,
                LONG,
                Duration.ofMillis(100),
                1 << 20,
                100,
                1 << 20,
                new SnapshotOptions(1 << 28, 10_000),
                Duration.ofDays(1),
                false);
    }
}
