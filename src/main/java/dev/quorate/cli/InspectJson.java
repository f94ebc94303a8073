package dev.quorate.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.quorate.log.DirectoryIdentity;
import dev.quorate.log.DirectoryScan;
import dev.quorate.log.DirectoryScan.ScannedRollback;
import dev.quorate.log.ScannedFile;
import dev.quorate.log.ScannedSegment;
import dev.quorate.log.SnapshotFile;
import dev.quorate.protocol.HardState;
import dev.quorate.store.MutationCodec.Change;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Locale;

/** What {@code inspect --json} says: one object. Ids are hexadecimal text, as JSON's numbers do not hold them. */
final class InspectJson {
    private static final JsonFactory JSON = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

    private final JsonGenerator json;

    private InspectJson(JsonGenerator json) {
        this.json = json;
    }

    static void write(DirectoryScan scan, boolean entries, PrintWriter out) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out).useDefaultPrettyPrinter()) {
            new InspectJson(json).write(scan, entries);
        }
        out.println();
    }

    private void write(DirectoryScan scan, boolean entries) throws IOException {
        json.writeStartObject();
        json.writeStringField("directory", scan.directory().toString());
        if (scan.identity().isPresent()) {
            writeIdentity(scan.identity().get());
        }
        if (scan.hardState().isPresent()) {
            HardState state = scan.hardState().get();
            json.writeObjectFieldStart("hardState");
            json.writeNumberField("term", state.term());
            if (state.votedFor() != HardState.NOBODY) {
                json.writeNumberField("votedFor", state.votedFor());
            }
            json.writeEndObject();
        }
        if (scan.commitBound().isPresent()) {
            json.writeNumberField("commitBound", scan.commitBound().getAsLong());
        }
        if (scan.recovery().isPresent()) {
            json.writeStringField("recover", scan.recovery().get());
        }
        json.writeNumberField("firstIndex", scan.firstIndex());
        json.writeNumberField("lastIndex", scan.lastIndex());
        json.writeArrayFieldStart("snapshots");
        for (SnapshotFile snapshot : scan.snapshots()) {
            writeSnapshot(snapshot);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("segments");
        for (ScannedSegment segment : scan.segments()) {
            writeSegment(segment);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("rollbacks");
        for (ScannedRollback rollback : scan.rollbacks()) {
            writeRollback(rollback);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("files");
        for (ScannedFile file : scan.files()) {
            writeFile(file);
        }
        json.writeEndArray();
        if (entries) {
            writeEntries(scan);
        }
        json.writeEndObject();
    }

    private static String hex(long id) {
        return String.format("%016x", id);
    }

    private void writeIdentity(DirectoryIdentity identity) throws IOException {
        json.writeObjectFieldStart("identity");
        json.writeStringField("replicaSet", identity.replicaSet());
        json.writeStringField("setId", hex(identity.setId()));
        json.writeNumberField("replica", identity.replica());
        json.writeNumberField("replicas", identity.replicas());
        json.writeStringField("election", identity.election());
        json.writeStringField("stage", identity.stage().name().toLowerCase(Locale.ROOT));
        json.writeStringField("incarnation", hex(identity.incarnation()));
        json.writeArrayFieldStart("incarnations");
        for (long incarnation : identity.incarnations()) {
            json.writeString(hex(incarnation));
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void writeSnapshot(SnapshotFile snapshot) throws IOException {
        json.writeStartObject();
        json.writeStringField("file", String.valueOf(snapshot.path().getFileName()));
        json.writeNumberField("sizeBytes", snapshot.sizeBytes());
        json.writeNumberField("index", snapshot.index());
        json.writeNumberField("term", snapshot.header().position().term());
        json.writeStringField(
                "writtenAt",
                Instant.ofEpochMilli(snapshot.header().writtenAtMs()).toString());
        json.writeEndObject();
    }

    private void writeSegment(ScannedSegment segment) throws IOException {
        json.writeStartObject();
        json.writeStringField("file", segment.name());
        json.writeNumberField("sequence", segment.sequence());
        json.writeNumberField("sizeBytes", segment.sizeBytes());
        json.writeNumberField("usedBytes", segment.usedBytes());
        json.writeNumberField("frames", segment.frames());
        json.writeNumberField("entries", segment.entries());
        json.writeNumberField("firstIndex", segment.firstIndex());
        json.writeNumberField("lastIndex", segment.lastIndex());
        if (segment.removedUpTo() > 0) {
            json.writeNumberField("takenBackUpTo", segment.removedUpTo());
        }
        if (segment.entries() > 0) {
            json.writeNumberField("firstTerm", segment.firstTerm());
            json.writeNumberField("lastTerm", segment.lastTerm());
        }
        json.writeEndObject();
    }

    private void writeRollback(ScannedRollback rollback) throws IOException {
        json.writeStartObject();
        json.writeStringField("file", rollback.name());
        json.writeNumberField("removedInTerm", rollback.saved().deposedInTerm());
        json.writeNumberField("firstIndex", rollback.saved().records().firstIndex());
        json.writeNumberField("lastIndex", rollback.saved().records().lastIndex());
        if (rollback.saved().savedAtMs() > 0) {
            json.writeStringField(
                    "savedAt",
                    Instant.ofEpochMilli(rollback.saved().savedAtMs()).toString());
        }
        json.writeStringField("state", InspectText.fate(rollback));
        json.writeEndObject();
    }

    private void writeFile(ScannedFile file) throws IOException {
        json.writeStartObject();
        json.writeStringField("file", file.name());
        json.writeNumberField("sizeBytes", file.sizeBytes());
        json.writeStringField("health", file.health().name().toLowerCase(Locale.ROOT));
        if (file.offset() >= 0) {
            json.writeNumberField("offset", file.offset());
        }
        if (!file.note().isEmpty()) {
            json.writeStringField("note", file.note());
        }
        json.writeEndObject();
    }

    private void writeEntries(DirectoryScan scan) throws IOException {
        json.writeArrayFieldStart("entries");
        scan.forEachEntry((index, term, kind, payload) -> {
            try {
                writeEntry(index, term, InspectEntry.of(kind, payload));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        json.writeEndArray();
    }

    private void writeEntry(long index, long term, InspectEntry entry) throws IOException {
        json.writeStartObject();
        json.writeNumberField("index", index);
        json.writeNumberField("term", term);
        json.writeStringField("kind", entry.kind());
        if (entry.w() > 0) {
            json.writeNumberField("w", entry.w());
            json.writeArrayFieldStart("changes");
            for (Change change : entry.changes()) {
                json.writeStartObject();
                json.writeStringField("operation", change.delete() ? "delete" : "put");
                json.writeStringField("key", change.key());
                if (!change.delete()) {
                    json.writeNumberField("valueBytes", change.valueBytes());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        if (!entry.note().isEmpty()) {
            json.writeStringField("note", entry.note());
        }
        json.writeEndObject();
    }
}
