package dev.quorate.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.quorate.history.Operation.Kind;
import dev.quorate.history.Operation.Outcome;
import dev.quorate.protocol.Position;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is recorded, kept as text, and drawn. */
class RecordingTest {
    private final AtomicLong clock = new AtomicLong();
    private final Recorder recorder = new Recorder(clock::incrementAndGet);

    @Test
    void takesDownEachOperationOfManyThreads() throws InterruptedException {
        List<Thread> clients = new ArrayList<>();
        for (int client = 0; client < 4; client++) {
            int id = client;
            clients.add(new Thread(() -> {
                for (int i = 0; i < 1_000; i++) {
                    recorder.write(id, "k" + id, "v" + i).acknowledged(new Position(1, i));
                    recorder.read(id, "k" + id).saw("v" + i, new Position(1, i), new Position(1, i));
                }
            }));
        }
        clients.forEach(Thread::start);
        for (Thread client : clients) {
            client.join();
        }
        assertEquals(8_000, recorder.history().size());
        assertTrue(Checker.check(recorder.history()).holds());
    }

    @Test
    void anOperationEndsOnce() {
        Recorder.Call call = recorder.write(1, "k", "v");
        call.unknown();
        assertThrows(IllegalStateException.class, call::failed);
        assertEquals(
                List.of(new Operation(1, Kind.WRITE, "k", "v", 1, 2, Outcome.UNKNOWN, null, null)), recorder.history());
    }

    @Test
    void comesBackFromTextAsItWas() throws IOException {
        List<Operation> history = new ArrayList<>(Histories.ofRegisters(new Random(3), 8, 3, 300, true));
        history.addAll(Histories.ofCompareAndSet(new Random(4), 3, 100));
        recorder.expiring(1, "k", "v", 1_500).acknowledged(new Position(1, 1));
        recorder.repeat(1, "k", "v").acknowledged(new Position(1, 1));
        recorder.resumed(9, "k", new Position(1, 0), false);
        recorder.told(9, "k", null, new Position(1, 2));
        history.addAll(recorder.history());
        history.add(Histories.write(1, "odd \"\\\u0000\u2028\ud83c\udf00", 0, Long.MAX_VALUE));
        StringWriter text = new StringWriter();
        JsonLines.write(history, text);
        assertEquals(history.size(), text.toString().lines().count());
        assertEquals(history, JsonLines.read(new StringReader(text + "\n\n")));
    }

    @Test
    void isWrittenAsItIsDocumented() throws IOException {
        StringWriter text = new StringWriter();
        recorder.write(3, "k", "v").acknowledged(new Position(1, 2));
        JsonLines.write(recorder.history(), text);
        assertEquals(
                "{\"client\":3,\"operation\":\"write\",\"key\":\"k\",\"value\":\"v\",\"start\":1,\"end\":2,"
                        + "\"outcome\":\"ok\",\"version\":\"1.2\",\"position\":\"1.2\"}\n",
                text.toString());
    }

    @Test
    void aConditionAndATtlAreWrittenAsDocumented() throws IOException {
        StringWriter text = new StringWriter();
        recorder.compareAndSet(3, "k", "u", "v").refused(null);
        recorder.expiring(3, "k", "v", 500).unknown();
        JsonLines.write(recorder.history(), text);
        assertEquals(
                "{\"client\":3,\"operation\":\"cas\",\"key\":\"k\",\"value\":\"v\",\"start\":1,\"end\":2,"
                        + "\"outcome\":\"refused\",\"expected\":\"u\"}\n"
                        + "{\"client\":3,\"operation\":\"write\",\"key\":\"k\",\"value\":\"v\",\"start\":3,"
                        + "\"end\":4,\"outcome\":\"unknown\",\"ttlMs\":500}\n",
                text.toString());
    }

    @Test
    void aPageThatShowsWhatHasNotOneValueIsTorn() {
        recorder.read(1, "g").sawAll(List.of("a", "a"), null, null);
        recorder.read(1, "g").sawAll(Arrays.asList("a", null, "b"), null, null);
        recorder.read(1, "g").sawAll(Arrays.asList(null, null), null, null);
        assertEquals(
                Arrays.asList("a", "a|null|b", null),
                recorder.history().stream().map(Operation::value).toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no json",
                "[]",
                "{\"client\":1}",
                "{\"client\":1,\"operation\":\"eat\",\"key\":\"k\",\"start\":1,\"end\":2,\"outcome\":\"ok\"}",
                "{\"client\":1,\"operation\":\"read\",\"key\":\"k\",\"start\":3,\"end\":2,\"outcome\":\"ok\"}",
            })
    void aLineThatIsNoOperationIsNamed(String line) {
        IOException refusal = assertThrows(IOException.class, () -> JsonLines.read(new StringReader("\n" + line)));
        assertTrue(String.valueOf(refusal.getMessage()).contains("line 2"), refusal.getMessage());
    }

    @Test
    void thePictureShowsEveryOperationOfThePart() {
        Verdict verdict = Checker.check(List.of(
                Histories.write(0, "<a>", 0, 1), Histories.write(0, "b", 2, 3), Histories.read(1, "<a>", 4, 5)));
        String html = Picture.html(verdict);
        assertEquals(3, html.split("<rect", -1).length - 1);
        assertEquals(1, html.split("#c00", -1).length - 1);
        assertTrue(html.contains("&lt;a&gt;") && !html.contains("<a>"), html);
        assertFalse(html.contains("src=") || html.contains("href="), "it needs nothing else");
    }
}
