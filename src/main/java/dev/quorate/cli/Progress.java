package dev.quorate.cli;

import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** One line that says how far a long command is, written over and over, where a person looks. */
final class Progress implements LongConsumer, AutoCloseable {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int BAR = 30;

    private final Terminal terminal;
    private final String what;
    private final long totalBytes;
    private long doneBytes;
    private long shownNanos = System.nanoTime();
    private boolean shown;

    /** @param totalBytes how much there is to do; 0 where that is not known */
    Progress(Terminal terminal, String what, long totalBytes) {
        this.terminal = terminal;
        this.what = what;
        this.totalBytes = totalBytes;
    }

    @Override
    public void accept(long bytes) {
        doneBytes += bytes;
        long now = System.nanoTime();
        if (terminal.watched() && now - shownNanos >= INTERVAL_NANOS) {
            shownNanos = now;
            shown = true;
            terminal.err().print("\r" + line());
            terminal.err().flush();
        }
    }

    /** What the line says now. */
    String line() {
        if (totalBytes <= 0) {
            return what + " " + Bytes.text(doneBytes);
        }
        int filled = (int) Math.min(BAR, doneBytes * BAR / totalBytes);
        return String.format(
                "%s [%s%s] %s of %s",
                what, "#".repeat(filled), ".".repeat(BAR - filled), Bytes.text(doneBytes), Bytes.text(totalBytes));
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (shown) {
            terminal.err().print("\r" + " ".repeat(line().length()) + "\r");
            terminal.err().flush();
        }
    }
}
