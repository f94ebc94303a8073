/**
 * HTTP for people and programs: the original five calls, {@code /kv}, {@code /watch} and {@code /cluster}.
 * It parses, validates, asks {@code replica}, and answers; an error becomes a problem document in one place.
 * It holds no state between two requests.
 * It knows {@code replica} and the words of {@code protocol}; it never meets {@code peer}, {@code ops} or {@code lab}.
 * Nobody enters by name: the way in is HTTP.
 */
@NullMarked
package dev.quorate.api;

import org.jspecify.annotations.NullMarked;
