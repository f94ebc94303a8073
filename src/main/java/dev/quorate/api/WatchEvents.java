package dev.quorate.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.quorate.replica.StoredValue;
import dev.quorate.replica.WatchItem;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a watcher is told, as Server-Sent Events. The bytes of a change are made once for all watchers. */
final class WatchEvents {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROOM_BYTES = 512;

    private WatchEvents() {}

    /** All items, one event behind the other. */
    static Buffer of(List<WatchItem> items, int replica) {
        Buffer events = Buffer.buffer(ROOM_BYTES * items.size());
        for (WatchItem item : items) {
            if (item instanceof WatchItem.Told told) {
                byte[] event = told.change().shown(WatchEvents::event);
                int from = told.position() == null ? lengthOfFirstLine(event) : 0;
                events.appendBytes(event, from, event.length - from);
            } else {
                events.appendString(ofTheStream(item, replica));
            }
        }
        return events;
    }

    private static String ofTheStream(WatchItem item, int replica) {
        Map<String, Object> members = new LinkedHashMap<>();
        String head = "event:end\n";
        if (item instanceof WatchItem.At at) {
            members.put("position", at.position().toString());
            head = "id:" + at.position() + "\nevent:position\n";
        } else if (item instanceof WatchItem.End end) {
            members.put("reason", end.reason().label());
            members.put("cause", end.cause());
            members.put("resume", end.resume().toString());
        }
        members.put("replica", replica);
        return head + data(members);
    }

    /** With the id in its first line, which is left out where more of the entry follows. */
    private static byte[] event(WatchItem.Change change) {
        Map<String, Object> members = new LinkedHashMap<>();
        StoredValue value = change.value();
        members.put("type", value == null ? "delete" : "put");
        members.put("key", change.key());
        members.put("version", change.version().toString());
        if (value == null) {
            members.put("reason", change.isExpired() ? "expiry" : "delete");
        } else {
            RecordJson.value(value, members);
        }
        return ("id:" + change.version() + "\n" + data(members)).getBytes(UTF_8);
    }

    private static int lengthOfFirstLine(byte[] event) {
        int length = 1;
        while (event[length - 1] != '\n') {
            length++;
        }
        return length;
    }

    /** The end of an event; JSON has no line breaks of its own. */
    private static String data(Map<String, Object> members) {
        try {
            return "data:" + JSON.writeValueAsString(members) + "\n\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("members are text and numbers", e);
        }
    }
}
