package dev.quorate.replica;

import io.smallrye.mutiny.subscription.UniEmitter;

/** Work that somebody waits for: what it refuses goes to the asker, and an answer comes whatever becomes of the loop. */
final class Asked implements Loop.Work {
    private final int replica;
    private final UniEmitter<?> emitter;
    private final Runnable work;

    Asked(int replica, UniEmitter<?> emitter, Runnable work) {
        this.replica = replica;
        this.emitter = emitter;
        this.work = work;
    }

    @Override
    public void run() {
        try {
            work.run();
        } catch (PeerException | ReplicaException e) {
            emitter.fail(e);
        } catch (RuntimeException | Error e) {
            emitter.fail(
                    new ReplicaException.Unknown("replica " + replica + " stopped; the request may have been done"));
            throw e;
        }
    }

    @Override
    public void abandon() {
        emitter.fail(new ReplicaException.Unavailable("replica " + replica + " stopped"));
    }
}
