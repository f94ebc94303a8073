package dev.quorate.bench.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/** Connections that watch, all read by one thread, which looks at little: it shares the machine with what it measures. */
final class Streams implements AutoCloseable {
    /** A line of what is no name of an event: each change has one. */
    private static final byte[] CHANGE = "data:{\"type\"".getBytes(StandardCharsets.US_ASCII);

    private final Selector selector = Selector.open();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final Thread reader = new Thread(this::read, "streams");

    /** Where a stream is: whether it was answered, and how much of {@link #CHANGE} it ended with. */
    private static final class Place {
        private boolean begun;
        private int matched;
    }

    /** Opens them, each of keys with its own prefix, and waits until each has been answered. */
    Streams(String url, int count, IntFunction<String> prefix) throws IOException, InterruptedException {
        URI uri = URI.create(url);
        for (int number = 0; number < count; number++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(uri.getHost(), uri.getPort()));
            String request = "GET /watch?prefix=" + prefix.apply(number) + " HTTP/1.1\r\nHost: bench\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Place());
        }
        reader.setDaemon(true);
        reader.start();
        for (int tries = 0; begun.get() < count; tries++) {
            if (tries == 3_000 || ended.get() > 0) {
                throw new IOException(begun + " of " + count + " streams began, " + ended + " ended");
            }
            Thread.sleep(10);
        }
        changes.set(0);
    }

    /** How many changes were told to all of them together. */
    long changes() {
        return changes.get();
    }

    /** How many ended. */
    int ended() {
        return ended.get();
    }

    private void read() {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        try {
            while (!Thread.interrupted()) {
                selector.select(key -> read(key, buffer));
            }
        } catch (IOException e) {
            ended.set(Integer.MAX_VALUE);
        }
    }

    private void read(SelectionKey key, ByteBuffer buffer) {
        Place place = (Place) key.attachment();
        int bytes;
        try {
            bytes = ((SocketChannel) key.channel()).read(buffer.clear());
        } catch (IOException e) {
            bytes = -1;
        }
        if (bytes < 0) {
            ended.incrementAndGet();
            key.cancel();
            return;
        }
        if (!place.begun) {
            place.begun = true;
            begun.incrementAndGet();
        }
        changes.addAndGet(count(place, buffer.array(), bytes));
    }

    private static int count(Place place, byte[] read, int bytes) {
        int found = 0;
        int matched = place.matched;
        for (int i = 0; i < bytes; i++) {
            byte next = read[i];
            matched = next == CHANGE[matched] ? matched + 1 : next == CHANGE[0] ? 1 : 0;
            if (matched == CHANGE.length) {
                found++;
                matched = 0;
            }
        }
        place.matched = matched;
        return found;
    }

    @Override
    public void close() throws IOException {
        reader.interrupt();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
