package dev.quorate.bench.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Sends requests at a rate, whether or not the last ones were answered, as long as a connection is free; by one thread.
 * Unlike wrk it tells the requests that were accepted from those refused.
 */
final class Flood implements AutoCloseable {
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(15);
    private static final long BEFORE_AGAIN_NANOS = 10_000_000;

    private final Selector selector = Selector.open();
    private final InetSocketAddress address;
    private final IntFunction<ByteBuffer> requests;
    private final ArrayDeque<Connection> free = new ArrayDeque<>();
    private final ArrayDeque<Connection> closed = new ArrayDeque<>();
    private final List<Connection> all = new ArrayList<>();
    private final ByteBuffer read = ByteBuffer.allocateDirect(1 << 16);
    private Tally tally = new Tally();
    private int busy;

    /** @param requests by number, each whole and with its own position */
    Flood(String url, int connections, IntFunction<ByteBuffer> requests) throws IOException {
        URI uri = URI.create(url);
        this.address = new InetSocketAddress(uri.getHost(), uri.getPort());
        this.requests = requests;
        for (int i = 0; i < connections; i++) {
            Connection connection = new Connection();
            all.add(connection);
            connection.open();
        }
    }

    /** Runs for so long at so many requests a second, or as fast as connections are free; then waits for what is under way. */
    Tally run(double perSecond, Duration duration) throws IOException {
        tally = new Tally();
        long start = System.nanoTime();
        long now = start;
        while (now - start < duration.toNanos()) {
            tally.offered = (long) Math.min((now - start) / 1e9 * perSecond, Long.MAX_VALUE / 2);
            while (tally.sent < tally.offered && !free.isEmpty()) {
                free.poll().send(requests.apply((int) (tally.sent++ % Integer.MAX_VALUE)));
            }
            turn(1);
            now = System.nanoTime();
        }
        tally.nanos = now - start;
        while (busy > 0 && System.nanoTime() - now < LAST_ANSWERS.toNanos()) {
            turn(10);
        }
        tally.unanswered = busy;
        return tally;
    }

    private void turn(long millis) throws IOException {
        Connection first;
        while ((first = closed.peek()) != null && System.nanoTime() - first.closedNanos > BEFORE_AGAIN_NANOS) {
            closed.poll().open();
        }
        selector.select(key -> ((Connection) key.attachment()).ready(key), millis);
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : all) {
            connection.channel.close();
        }
        selector.close();
    }

    /** One, with at most one request under way. */
    private final class Connection {
        private final Answer answer = new Answer();
        private SocketChannel channel;
        private SelectionKey key;
        private ByteBuffer out = ByteBuffer.allocate(0);
        private boolean waits;
        private long sentNanos;
        private long closedNanos;

        void open() throws IOException {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key = channel.register(selector, SelectionKey.OP_CONNECT, this);
            channel.connect(address);
        }

        void send(ByteBuffer request) {
            out = request;
            waits = true;
            busy++;
            sentNanos = System.nanoTime();
            answer.begin();
            write();
        }

        private void write() {
            try {
                channel.write(out);
                key.interestOps(SelectionKey.OP_READ | (out.hasRemaining() ? SelectionKey.OP_WRITE : 0));
            } catch (IOException e) {
                broken();
            }
        }

        void ready(SelectionKey ready) {
            try {
                if (ready.isConnectable()) {
                    channel.finishConnect();
                    key.interestOps(SelectionKey.OP_READ);
                    free.add(this);
                } else if (ready.isReadable()) {
                    receive();
                } else if (ready.isWritable()) {
                    write();
                }
            } catch (IOException e) {
                broken();
            }
        }

        private void receive() throws IOException {
            int bytes = channel.read(read.clear());
            if (bytes < 0) {
                broken();
            } else if (answer.take(read.flip())) {
                busy--;
                waits = false;
                tally.answered(answer.status(), System.nanoTime() - sentNanos);
                if (answer.closes() || out.hasRemaining()) {
                    reopen();
                } else {
                    free.add(this);
                }
            }
        }

        private void broken() {
            if (waits) {
                busy--;
                waits = false;
                tally.broken++;
            }
            reopen();
        }

        private void reopen() {
            try {
                channel.close();
            } catch (IOException e) {
                // It is gone, which is all that was wanted.
            }
            free.remove(this);
            closedNanos = System.nanoTime();
            closed.add(this);
        }
    }
}
