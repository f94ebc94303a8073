package dev.quorate.replica;

import dev.quorate.log.DataDirectory;
import dev.quorate.log.DirectoryIdentity;
import dev.quorate.protocol.HardState;
import dev.quorate.protocol.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;

/** Reads and writes a directory's identity file, and refuses a directory that is another replica's. */
final class Identity {
    private Identity() {}

    /**
     * The membership of a directory; an empty one gets a random incarnation, stored at once.
     *
     * @throws IOException if the directory is of another set, replica or size; the message says whose it is
     */
    static Membership open(DataDirectory directory, ReplicaOptions options) throws IOException {
        Optional<byte[]> stored = directory.readIdentity();
        if (stored.isEmpty()) {
            Membership fresh = new Membership(
                    options.replicaSet(),
                    options.replicas(),
                    options.id(),
                    options.election().orElse(Membership.AUTO),
                    Stage.EMPTY,
                    0,
                    new SecureRandom().nextLong(),
                    List.of());
            directory.writeIdentityAndSync(fresh.encode());
            return fresh;
        }
        Membership found = Membership.decode(stored.get());
        boolean own = found.replicaSet().equals(options.replicaSet())
                && found.replica() == options.id()
                && found.replicas() == options.replicas();
        if (!own) {
            throw new IOException("data directory " + directory.path() + " belongs to replica " + found.replica()
                    + " of " + found.replicas() + " of the set " + found.replicaSet() + ", not to replica "
                    + options.id() + " of " + options.replicas() + " of " + options.replicaSet()
                    + "; give it its own quorate.data-dir, or its own quorate.replica-id, quorate.replicas and"
                    + " quorate.replica-set");
        }
        Optional<String> recovery = directory.recoveryRequest();
        if (recovery.isPresent()) {
            found = recover(directory, found, recovery.get());
        }
        if (found.stage() == Stage.EMPTY && options.election().isPresent()) {
            return found.electing(options.election().get());
        }
        String asked = options.election().orElse(found.election());
        if (!asked.equals(found.election())) {
            throw new IOException(
                    "data directory " + directory.path() + " belongs to a set formed with quorate.election="
                            + found.election() + ", which is fixed then; quorate.election is " + asked
                            + ": remove it, or set it to " + found.election());
        }
        return found;
    }

    /** A term far above all others, so that nothing of the old set is newer (protocol.md §6). */
    private static Membership recover(DataDirectory directory, Membership found, String election) throws IOException {
        if (found.stage() == Stage.EMPTY || found.stage() == Stage.FORMING) {
            directory.recoveryDone();
            throw new IOException("data directory " + directory.path()
                    + " belongs to no set yet: there is nothing to recover, and recover is no longer asked for");
        }
        if (election.equals(Membership.NONE) && found.replica() != 0) {
            throw new IOException("data directory " + directory.path() + " is replica " + found.replica()
                    + "'s; with election none replica 0 leads, so recover replica 0's directory, or recover with"
                    + " --election auto");
        }
        SecureRandom random = new SecureRandom();
        directory.saveAndSync(
                new HardState(directory.readHardState().term() + DirectoryIdentity.RECOVERY_TERMS, HardState.NOBODY));
        Membership recovered = found.recovered(election, random.nextLong(), random.nextLong());
        directory.writeIdentityAndSync(recovered.encode());
        directory.recoveryDone();
        return recovered;
    }

    static void save(DataDirectory directory, Membership membership) {
        try {
            directory.writeIdentityAndSync(membership.encode());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
