package dev.quorate.replica;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one replica makes of the others' hashes of their state (protocol.md §8): at one index, that of which most of them
 * know theirs, the latest of those.
 *
 * @param index that index; 0 if there was none to compare at
 * @param verdict what is to be done
 * @param agreeing the replicas that have the state of the one that compares, itself among them
 * @param differing the others, at that index
 */
record StateComparison(long index, Verdict verdict, List<Integer> agreeing, List<Integer> differing) {
    /** Who is wrong. */
    enum Verdict {
        /** None differ, of those that could be compared. */
        SAME,
        /** A majority has this replica's state: others are wrong. */
        OTHERS_WRONG,
        /** A majority has another state, the same one: this replica is wrong. */
        THIS_WRONG,
        /** There is a difference, and no majority. */
        UNDECIDED
    }

    /**
     * Compares.
     *
     * @param replicas N
     * @param own of the replica that compares
     * @param others of those that answered
     */
    static StateComparison of(int replicas, StateHashes own, List<StateHashes> others) {
        List<StateHashes> comparable = Stream.concat(Stream.of(own), others.stream())
                .filter(hashes -> hashes.version() == own.version())
                .toList();
        return own.byIndex().keySet().stream()
                .map(index -> at(index, own, comparable))
                .filter(groups -> groups.size() > 1)
                .max(Comparator.comparing(Groups::size).thenComparing(Groups::index))
                .map(groups -> groups.judge(replicas / 2 + 1))
                .orElse(new StateComparison(0, Verdict.SAME, List.of(own.replica()), List.of()));
    }

    private static Groups at(long index, StateHashes own, List<StateHashes> all) {
        Map<Long, List<Integer>> byHash = new TreeMap<>();
        for (StateHashes hashes : all) {
            Long hash = hashes.byIndex().get(index);
            if (hash != null) {
                byHash.computeIfAbsent(hash, first -> new ArrayList<>()).add(hashes.replica());
            }
        }
        List<Integer> agreeing = byHash.remove(own.byIndex().get(index));
        return new Groups(index, agreeing == null ? List.of() : agreeing, List.copyOf(byHash.values()));
    }

    /** Who has which state at an index. */
    private record Groups(long index, List<Integer> agreeing, List<List<Integer>> others) {
        int size() {
            return agreeing.size() + others.stream().mapToInt(List::size).sum();
        }

        StateComparison judge(int majority) {
            Verdict verdict = Verdict.UNDECIDED;
            if (others.isEmpty()) {
                verdict = Verdict.SAME;
            } else if (agreeing.size() >= majority) {
                verdict = Verdict.OTHERS_WRONG;
            } else if (others.stream().anyMatch(group -> group.size() >= majority)) {
                verdict = Verdict.THIS_WRONG;
            }
            List<Integer> differing =
                    others.stream().flatMap(List::stream).sorted().collect(Collectors.toList());
            return new StateComparison(index, verdict, agreeing, differing);
        }
    }

    boolean isDifferent() {
        return verdict != Verdict.SAME;
    }

    /** For people. */
    String told() {
        String cause = "its state as committed at " + index + " is that of replicas " + agreeing
                + " and not that of replicas " + differing;
        return switch (verdict) {
            case SAME -> "its state as committed at " + index + " is that of replicas " + agreeing;
            case OTHERS_WRONG -> cause + ", which are fewer";
            case THIS_WRONG -> cause + ", which are a majority";
            case UNDECIDED -> cause + "; neither are a majority";
        };
    }
}
