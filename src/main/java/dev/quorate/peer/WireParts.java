package dev.quorate.peer;

import dev.quorate.protocol.Position;
import dev.quorate.replica.StoredValue;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What messages are made of, as drawn in {@link WireFormat}; a length or count is checked before anything is made of it. */
final class WireParts {
    private WireParts() {}

    static void putPosition(ByteBuffer out, Position position) {
        out.putLong(position.term()).putLong(position.index());
    }

    static Position position(ByteBuffer in) {
        return new Position(in.getLong(), in.getLong());
    }

    static void putBytes(ByteBuffer out, byte @Nullable [] bytes) {
        if (bytes == null) {
            out.putInt(-1);
        } else {
            out.putInt(bytes.length).put(bytes);
        }
    }

    static byte @Nullable [] bytes(ByteBuffer in) {
        if (in.remaining() >= Integer.BYTES && in.getInt(in.position()) == -1) {
            in.getInt();
            return null;
        }
        byte[] bytes = new byte[length(in)];
        in.get(bytes);
        return bytes;
    }

    static int length(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new MalformedMessageException("a length goes beyond the message");
        }
        return length;
    }

    static byte asByte(boolean flag) {
        return (byte) (flag ? 1 : 0);
    }

    static boolean flag(ByteBuffer in) {
        byte flag = in.get();
        if (flag != 0 && flag != 1) {
            throw new MalformedMessageException("neither yes nor no");
        }
        return flag == 1;
    }

    static String text(ByteBuffer in) {
        String text = optionalText(in);
        if (text == null) {
            throw new MalformedMessageException("a text is missing");
        }
        return text;
    }

    static @Nullable String optionalText(ByteBuffer in) {
        byte[] bytes = bytes(in);
        if (bytes == null) {
            return null;
        }
        try {
            // Not new String: it would turn damage into another key, of U+FFFD.
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedMessageException("a text is not UTF-8");
        }
    }

    static void putList(ByteBuffer out, List<Long> values) {
        out.put((byte) values.size());
        values.forEach(out::putLong);
    }

    static List<Long> list(ByteBuffer in) {
        int count = in.get();
        if (count < 0) {
            throw new MalformedMessageException("a count is negative");
        }
        List<Long> values = new ArrayList<>();
        for (int left = count; left > 0; left--) {
            values.add(in.getLong());
        }
        return List.copyOf(values);
    }

    static int sizeOf(@Nullable StoredValue value) {
        if (value == null) {
            return 1;
        }
        int type = value.contentType() == null ? 0 : value.contentType().length() * 3;
        return 64 + value.key().length() * 3 + type + value.value().length;
    }

    static void putValue(ByteBuffer out, @Nullable StoredValue value) {
        out.put((byte) (value == null ? 0 : 1));
        if (value != null) {
            String type = value.contentType();
            putBytes(out, value.key().getBytes(StandardCharsets.UTF_8));
            putBytes(out, value.value());
            putBytes(out, type == null ? null : type.getBytes(StandardCharsets.UTF_8));
            putPosition(out, value.version());
            out.putLong(value.timestampMs());
        }
    }

    static @Nullable StoredValue value(ByteBuffer in) {
        if (!flag(in)) {
            return null;
        }
        String key = text(in);
        byte[] value = bytes(in);
        if (value == null) {
            throw new MalformedMessageException("a value is missing");
        }
        return new StoredValue(key, value, optionalText(in), position(in), in.getLong());
    }
}
