package dev.quorate.replica;

import dev.quorate.protocol.Position;
import dev.quorate.protocol.Role;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a read.
 *
 * @param value the record, or null where the key is absent
 * @param replica who served it
 * @param role its role
 * @param position last position the answer can reflect
 */
public record ReadResult(@Nullable StoredValue value, int replica, Role role, Position position) {}
