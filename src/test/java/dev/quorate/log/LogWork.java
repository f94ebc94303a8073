package dev.quorate.log;

import java.io.IOException;

/** What a log does while it is stopped; by name, so that another process can be told to do it. */
enum LogWork {
    IDENTITY {
        @Override
        void prepare(LogPromises.Use log) {}

        @Override
        void run(LogPromises.Use log) throws IOException {
            log.name((byte) 1, (byte) 2);
        }
    },
    HARD_STATE {
        @Override
        void run(LogPromises.Use log) throws IOException {
            log.vote();
            log.vote();
            log.vote();
        }
    },
    COMMIT_BOUND {
        @Override
        void run(LogPromises.Use log) throws IOException {
            log.sync();
            log.commit();
            log.append(5, 100);
            log.commit();
            log.sync();
            log.commit();
        }
    },
    ROLL {
        @Override
        void run(LogPromises.Use log) throws IOException {
            int segments = log.segments();
            while (log.segments() < segments + 2) {
                log.append(20, 100);
                log.requestSync();
                log.look();
            }
            log.sync();
        }
    },
    TRUNCATION {
        @Override
        void run(LogPromises.Use log) throws IOException {
            log.truncateFrom(23);
            log.vote();
            log.append(60, 100);
            log.sync();
            log.truncateFrom(50);
            log.append(3, 100);
            log.sync();
        }
    },
    COMPACTION {
        @Override
        void run(LogPromises.Use log) throws IOException {
            // The second lets go of some segments at once, the third of the first snapshot.
            for (int count : new int[] {80, 10, 5}) {
                log.append(count, 400);
                log.sync();
                log.commit();
                log.compact();
            }
        }
    },
    INSTALL {
        @Override
        void run(LogPromises.Use log) throws IOException {
            log.install(30);
            log.append(5, 100);
            log.sync();
        }
    },
    END {
        @Override
        void run(LogPromises.Use log) throws IOException {
            log.close();
        }
    };

    void prepare(LogPromises.Use log) throws IOException {
        log.vote();
        log.append(20, 100);
        log.sync();
        log.commit();
        log.append(5, 100);
    }

    abstract void run(LogPromises.Use log) throws IOException;
}
