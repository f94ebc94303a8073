package dev.quorate.cli;

import static java.util.stream.Collectors.joining;

import dev.quorate.protocol.EntryKind;
import dev.quorate.store.MalformedMutationException;
import dev.quorate.store.MutationCodec;
import dev.quorate.store.MutationCodec.Change;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;

/**
 * What an entry of a log does.
 *
 * @param kind its kind, in lower case
 * @param w how many replicas it was asked to have; 0 where nobody asked
 * @param changes what it does to keys
 * @param note what is the matter with it; may be empty
 */
record InspectEntry(String kind, int w, List<Change> changes, String note) {
    static InspectEntry of(EntryKind kind, ByteBuffer payload) {
        String name = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
        if (kind != EntryKind.MUTATION) {
            return new InspectEntry(name, 0, List.of(), "");
        }
        try {
            return new InspectEntry(name, MutationCodec.w(payload), MutationCodec.changes(payload), "");
        } catch (MalformedMutationException | IndexOutOfBoundsException e) {
            return new InspectEntry(name, 0, List.of(), String.valueOf(e.getMessage()));
        }
    }

    String text() {
        String what = changes.stream()
                .map(change -> change.delete()
                        ? "delete " + change.key()
                        : "put " + change.key() + " " + change.valueBytes() + " B")
                .collect(joining(", "));
        return kind
                + (w > 0 ? "  w=" + w : "")
                + (what.isEmpty() ? "" : "  " + what)
                + (note.isEmpty() ? "" : "  " + note);
    }
}
