package dev.quorate.history;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The guarantees of a session. A client's operations are walked through in its order; what bound it so far, its own
 * acknowledged writes or what it was shown, is held against each answer: the version shown of the same key, and the
 * position that the answer says it reflects. Where an answer told neither, nothing is claimed.
 */
final class Sessions {
    private final Guarantee guarantee;
    private final Set<String> deleted = new HashSet<>();

    private Sessions(Guarantee guarantee) {
        this.guarantee = guarantee;
    }

    static Verdict check(List<Operation> history, Guarantee guarantee) {
        Sessions sessions = new Sessions(guarantee);
        Map<Integer, List<Operation>> byClient = new TreeMap<>();
        for (Operation operation : history) {
            byClient.computeIfAbsent(operation.client(), client -> new ArrayList<>())
                    .add(operation);
            boolean deletes = operation.kind() == Kind.DELETE || operation.ttlMs() > 0;
            if (deletes && operation.outcome() != Outcome.FAILED) {
                sessions.deleted.add(operation.key());
            }
        }
        for (List<Operation> session : byClient.values()) {
            session.sort(Comparator.comparingLong(Operation::startNs));
            @Nullable Verdict violated = sessions.walk(session);
            if (violated != null) {
                return violated;
            }
        }
        return Verdict.holds(guarantee);
    }

    private @Nullable Verdict walk(List<Operation> session) {
        Map<String, Operation> boundByKey = new HashMap<>();
        @Nullable Operation highest = null;
        for (Operation operation : session) {
            if (!operation.isOk() || (!operation.isRead() && !operation.isWrite())) {
                continue;
            }
            if (operation.isRead()) {
                @Nullable Operation bound = boundByKey.get(operation.key());
                if (bound != null && isOlder(operation, bound)) {
                    return violated(bound, operation, "shows an older record than the session has to see");
                }
                if (highest != null && isBehind(operation, highest)) {
                    return violated(highest, operation, "reflects an older position than the session has reached");
                }
            }
            if (binds(operation)) {
                if (version(operation) != null) {
                    boundByKey.merge(operation.key(), operation, Sessions::laterVersion);
                }
                if (reflected(operation) != null && (highest == null || isBehind(highest, operation))) {
                    highest = operation;
                }
            }
        }
        return null;
    }

    private Verdict violated(Operation bound, Operation read, String what) {
        String reason = "an answer to client " + read.client() + " " + what;
        return Verdict.violated(guarantee, reason, List.of(bound, read));
    }

    private boolean binds(Operation operation) {
        return operation.isRead() == (guarantee == Guarantee.MONOTONIC_READS);
    }

    private static Operation laterVersion(Operation a, Operation b) {
        Position of = version(a);
        return of != null && of.isAfter(orNone(version(b))) ? a : b;
    }

    /** Absence has no version: it is older than any record, unless somebody deleted that key. */
    private boolean isOlder(Operation read, Operation bound) {
        if (read.value() == null) {
            return bound.value() != null && !deleted.contains(read.key());
        }
        Position shown = version(read);
        return shown != null && orNone(version(bound)).isAfter(shown);
    }

    private static boolean isBehind(Operation answer, Operation bound) {
        Position reflected = reflected(answer);
        return reflected != null && orNone(reflected(bound)).isAfter(reflected);
    }

    private static @Nullable Position version(Operation operation) {
        return operation.version();
    }

    /** What the answer reflects; a write's is its own version. */
    private static @Nullable Position reflected(Operation operation) {
        return operation.position() == null ? operation.version() : operation.position();
    }

    private static Position orNone(@Nullable Position position) {
        return position == null ? Position.NONE : position;
    }
}
