package dev.quorate.replica;

/**
 * What every message between replicas carries beside its content, so that a stranger's is refused: another set's, or
 * one for an incarnation of a replica that is no more (protocol.md §1).
 *
 * @param replicaSet the configured name of the set
 * @param setId random id drawn at formation; 0 before
 * @param from sender, 0..N-1
 * @param to addressee, 0..N-1
 * @param fromIncarnation random number that the sender's directory drew when it was empty
 * @param toIncarnation that of the addressee as the sender knows it; 0 when it does not know
 */
public record Envelope(String replicaSet, long setId, int from, int to, long fromIncarnation, long toIncarnation) {}
