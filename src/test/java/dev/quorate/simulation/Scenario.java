package dev.quorate.simulation;

import dev.quorate.protocol.CoreEvent;
import dev.quorate.protocol.Message;
import dev.quorate.protocol.Message.AppendRequest;
import dev.quorate.protocol.Message.AppendResponse;
import dev.quorate.protocol.Position;
import dev.quorate.store.KeyRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Replicas that do only what a script says. Verbs: {@code start 3}, {@code write x=1 w=2}, {@code sync 0},
 * {@code deliver 0->1}, {@code duplicate 0->1}, {@code drop 0->1}, {@code crash 0} (unsynced entries are lost),
 * {@code restart 0}, {@code retry 1} (the stream to follower 1), {@code heartbeat}, {@code show}.
 */
final class Scenario {
    private final List<SimReplica> replicas = new ArrayList<>();
    private final List<Message> inFlight = new ArrayList<>();
    private final List<SimCluster.Write> waiting = new ArrayList<>();
    private final List<AppendRequest> unanswered = new ArrayList<>();
    private List<String> happened = new ArrayList<>();

    /** Loses every unsynced entry. */
    private static final RandomGenerator LOSES_ALL = new RandomGenerator() {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public long nextLong(long bound) {
            return 0;
        }
    };

    List<String> run(String line) {
        happened = new ArrayList<>();
        String[] words = line.trim().split(" +", -1);
        switch (words[0]) {
            case "start" -> start(Integer.parseInt(words[1]));
            case "write" -> write(words[1], words.length > 2 ? words[2] : "w=1");
            case "sync" -> sync(Integer.parseInt(words[1]));
            case "deliver" -> deliver(take(words[1], true));
            case "duplicate" -> deliver(take(words[1], false));
            case "drop" -> take(words[1], true);
            case "crash" -> replicas.get(Integer.parseInt(words[1])).crash(LOSES_ALL);
            case "restart" -> replicas.get(Integer.parseInt(words[1])).restart();
            case "retry" -> retry(Integer.parseInt(words[1]));
            case "heartbeat" -> replicas.get(0).heartbeat();
            case "show" -> show();
            default -> throw new IllegalArgumentException("no verb " + words[0]);
        }
        acknowledge();
        return happened;
    }

    private void start(int size) {
        for (int id = 0; id < size; id++) {
            int self = id;
            replicas.add(new SimReplica(id, size, this::sent, event -> tell(self, event)));
        }
        replicas.get(0).lead();
    }

    private void sent(Message message) {
        inFlight.add(message);
        if (message instanceof AppendRequest request) {
            unanswered.add(request);
        }
        happened.add("sends " + describe(message));
    }

    private void tell(int replica, CoreEvent event) {
        happened.add("replica " + replica + ": " + event);
    }

    private void write(String assignment, String concern) {
        String[] sides = assignment.split("=", 2);
        int required = Integer.parseInt(concern.substring(2));
        SimReplica leader = replicas.get(0);
        long index = leader.write(sides[0], sides[1], required);
        waiting.add(new SimCluster.Write(new Position(leader.core().term(), index), sides[0], sides[1], required));
    }

    private void sync(int id) {
        replicas.get(id).syncBegins();
        replicas.get(id).syncEnds();
    }

    private Message take(String link, boolean remove) {
        String[] ends = link.split("->", -1);
        for (int at = 0; at < inFlight.size(); at++) {
            Message message = inFlight.get(at);
            if (message.from() == Integer.parseInt(ends[0]) && message.to() == Integer.parseInt(ends[1])) {
                return remove ? inFlight.remove(at) : message;
            }
        }
        throw new IllegalStateException("nothing is in flight on " + link);
    }

    private void deliver(Message message) {
        SimReplica to = replicas.get(message.to());
        if (to.isUp()) {
            to.receive(message);
        }
    }

    private void retry(int follower) {
        unanswered.stream().filter(request -> request.to() == follower).forEach(replicas.get(0)::appendFailed);
        replicas.get(0).resume(follower);
    }

    private void acknowledge() {
        SimReplica leader = replicas.get(0);
        if (!leader.isUp()) {
            waiting.clear();
            return;
        }
        waiting.removeIf(write -> {
            long covered = leader.core().coveredBy(write.required());
            boolean done =
                    covered >= Math.max(write.version().index(), leader.core().noOpIndex());
            if (done) {
                happened.add("acknowledged " + write.key() + "=" + write.value() + " w=" + write.required());
            }
            return done;
        });
    }

    private void show() {
        for (SimReplica replica : replicas) {
            StringBuilder log = new StringBuilder();
            for (long index = 1; index <= replica.log().lastIndex(); index++) {
                log.append(' ').append(replica.log().termAt(index)).append('.').append(index);
            }
            happened.add("replica " + replica.id() + (replica.isUp() ? "" : " (down)") + ": log" + log + ", synced "
                    + replica.log().syncedIndex() + ", commit "
                    + replica.core().commitIndex() + ", x="
                    + value(replica.store().get("x")));
        }
    }

    private static String value(@Nullable KeyRecord record) {
        return record == null ? "absent" : new String(record.value(), StandardCharsets.UTF_8);
    }

    private static String describe(Message message) {
        String link = message.from() + "->" + message.to() + " term " + message.term() + " ";
        if (message instanceof AppendRequest request) {
            return link + "append after " + request.previous() + ": "
                    + request.entries().count() + " entries, commit " + request.commitIndex();
        }
        if (message instanceof AppendResponse response) {
            return link + (response.accepted() ? "has up to " : "refuses, try after ") + response.matchIndex();
        }
        return link + message.getClass().getSimpleName();
    }
}
