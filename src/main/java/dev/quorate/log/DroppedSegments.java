package dev.quorate.log;

import java.io.IOException;
import java.util.List;

/** Segments that are no part of the log any more, and whose files are still there. */
public final class DroppedSegments {
    private final List<Segment> segments;

    DroppedSegments(List<Segment> segments) {
        this.segments = segments;
    }

    /** How many. */
    public int count() {
        return segments.size();
    }

    /**
     * Removes the files, the oldest first and each durably before the next, so that what a crash leaves has no gap. Any
     * thread that may wait for a disk.
     */
    public void delete() throws IOException {
        for (Segment segment : segments) {
            segment.delete();
        }
    }
}
