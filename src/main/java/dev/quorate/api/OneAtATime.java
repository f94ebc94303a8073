package dev.quorate.api;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Has the next request of a connection wait in front of the platform until the answer to the one before it is taken. The platform would
 * take any number of them into memory; and if the client left while the last of them was not whole, it would fail in the midst
 * of cleaning up: the answer under way is not told that nobody reads it, and the connection and the request are counted as
 * open for ever, so that each stop waits for them. Touched by its connection's event loop only.
 */
final class OneAtATime extends ChannelDuplexHandler {
    private static final String NAME = "one-at-a-time";
    private static final String PLATFORM = "handler";
    /** Heads, ends, and parts of bodies of at most 8 KiB. Who sends more before it is answered is hung up on. */
    private static final int MOST_HELD = 64;

    private final Queue<Object> held = new ArrayDeque<>();
    private boolean answering = true;

    private OneAtATime() {}

    /** Begins with the first request of a connection. */
    static void on(HttpServerRequest request) {
        if (request.connection() instanceof ConnectionBase connection) {
            ChannelPipeline pipeline = connection.channel().pipeline();
            if (pipeline.get("httpDecoder") != null && pipeline.get(NAME) == null) {
                pipeline.addBefore(PLATFORM, NAME, new OneAtATime());
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (held.isEmpty() && !mustWait(message)) {
            pass(context, message);
        } else if (held.size() < MOST_HELD) {
            held.add(message);
        } else {
            ReferenceCountUtil.release(message);
            ChannelFuture unused = context.close();
        }
    }

    private boolean mustWait(Object message) {
        return answering && message instanceof HttpRequest;
    }

    private void pass(ChannelHandlerContext context, Object message) {
        answering |= message instanceof HttpRequest;
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ChannelPromise written = promise;
        if (endsAnswer(message)) {
            written = promise.unvoid();
            written.addListener(taken -> answered(context, taken.isSuccess()));
        }
        ChannelFuture unused = context.write(message, written);
    }

    /** @param taken whether all of it went to the socket: answers that nobody reads would else be held one behind the other */
    private void answered(ChannelHandlerContext context, boolean taken) {
        answering = !taken;
        if (taken && !held.isEmpty()) {
            // Once the platform is done with the answer.
            context.executor().execute(() -> passHeld(context));
        }
    }

    private static boolean endsAnswer(Object message) {
        boolean interim = message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        return message instanceof LastHttpContent && !interim;
    }

    private void passHeld(ChannelHandlerContext context) {
        while (!held.isEmpty() && !mustWait(held.element())) {
            pass(context, held.remove());
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        letGo();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        letGo();
    }

    private void letGo() {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
    }
}
