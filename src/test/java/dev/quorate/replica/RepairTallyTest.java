package dev.quorate.replica;

import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Many repairs are few events, and each is counted. */
class RepairTallyTest {
    @Test
    void theFirstIsToldAtOnceAndTheRestTogether() {
        List<Integer> told = new CopyOnWriteArrayList<>();
        RepairTally tally = new RepairTally(told::add);
        for (int i = 0; i < 500; i++) {
            tally.repaired();
        }
        assertEquals(1, told.get(0));
        await().atMost(ofSeconds(10))
                .until(() -> told.stream().mapToInt(Integer::intValue).sum() == 500);
        assertEquals(2, told.size(), told.toString());
    }
}
