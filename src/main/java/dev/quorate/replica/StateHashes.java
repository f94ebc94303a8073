package dev.quorate.replica;

import java.util.NavigableMap;

/**
 * What a replica's committed state was at some indexes, as hashes: replicas of a set have those of equal indexes alike.
 *
 * @param replica whose, 0..N-1
 * @param version the way in which they are made; those of another way are not comparable
 * @param byIndex hashes by the index at which the state had them, 0 or more
 */
public record StateHashes(int replica, int version, NavigableMap<Long, Long> byIndex) {}
