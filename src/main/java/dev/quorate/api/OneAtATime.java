package dev.quorate.api;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
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
 * Has the next request of a connection wait in front of the platform until the answer to the one before it is taken. The
 * platform would
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
        if (held.isEmpty() && !mustWait(context, message)) {
            pass(context, message);
        } else if (held.size() < MOST_HELD) {
            held.add(message);
            if (held.size() == 1 && !answering) {
                passHeldOnceTaken(context);
            }
        } else {
            ReferenceCountUtil.release(message);
            ChannelFuture unused = context.close();
        }
    }

    /** Also for the answer to be taken: those that nobody reads would else be held one behind the other. */
    private boolean mustWait(ChannelHandlerContext context, Object message) {
        return message instanceof HttpRequest && (answering || !isTaken(context));
    }

    /** Whether the socket has all that was written. Asked, not told by each answer's promise, which every answer would pay for. */
    private static boolean isTaken(ChannelHandlerContext context) {
        ChannelOutboundBuffer written = context.channel().unsafe().outboundBuffer();
        return written == null || written.totalPendingWriteBytes() == 0;
    }

    private void pass(ChannelHandlerContext context, Object message) {
        answering |= message instanceof HttpRequest;
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean ends = endsAnswer(message);
        ChannelFuture unused = context.write(message, promise);
        if (ends) {
            answering = false;
            if (!held.isEmpty()) {
                passHeldOnceTaken(context);
            }
        }
    }

    /** Once the platform is done with the answer, too. */
    private void passHeldOnceTaken(ChannelHandlerContext context) {
        ChannelFuture unused = context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(taken -> {
            if (taken.isSuccess()) {
                context.executor().execute(() -> passHeld(context));
            }
        });
    }

    private static boolean endsAnswer(Object message) {
        boolean interim = message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        return message instanceof LastHttpContent && !interim;
    }

    private void passHeld(ChannelHandlerContext context) {
        while (!held.isEmpty() && !mustWait(context, held.element())) {
            pass(context, held.remove());
        }
        context.fireChannelReadComplete();
        if (!held.isEmpty() && !answering) {
            passHeldOnceTaken(context);
        }
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
