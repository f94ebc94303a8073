/**
 * The edge between replicas: the REST client behind {@code Peers}, the REST resource that answers it, the wire format
 * and the directory of who lives where.
 * It carries and decides nothing: a message comes out as it went in, or fails.
 * It knows {@code replica} and the words of {@code protocol}; it never meets {@code api}, {@code ops} or {@code lab}.
 * Nobody enters by name: {@code replica} sees it as the port, other processes as {@code /replicas/…}.
 */
@NullMarked
package dev.quorate.peer;

import org.jspecify.annotations.NullMarked;
