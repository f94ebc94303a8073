package dev.quorate.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Hosts on a network of their own, as network namespaces joined by a bridge, and this machine's own address on it.
 * Packets between two of them can be dropped, one way or both. Needs root, iproute2 and iptables.
 */
final class Network implements AutoCloseable {
    private static final int OWN_ADDRESS = 254;

    private final int size;
    private final String name = "q" + ProcessHandle.current().pid();
    private final String subnet = "10." + (64 + ProcessHandle.current().pid() / 256 % 64) + "."
            + ProcessHandle.current().pid() % 256 + ".";

    Network(int size) throws IOException, InterruptedException {
        this.size = size;
        try {
            namespace("s");
            in("s", "ip", "link", "add", "bridge", "type", "bridge");
            in("s", "ip", "link", "set", "bridge", "up");
            for (int id = 0; id < size; id++) {
                namespace("n" + id);
                connect("p" + id);
                Tool.run("ip", "link", "set", name + "p" + id, "netns", name + "n" + id);
                in("n" + id, "ip", "address", "add", host(id) + "/24", "dev", name + "p" + id);
                in("n" + id, "ip", "link", "set", name + "p" + id, "up");
            }
            connect("p");
            Tool.run("ip", "address", "add", subnet + OWN_ADDRESS + "/24", "dev", name + "p");
            Tool.run("ip", "link", "set", name + "p", "up");
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    private void namespace(String which) throws IOException, InterruptedException {
        Tool.run("ip", "netns", "add", name + which);
        in(which, "ip", "link", "set", "lo", "up");
    }

    /** A cable from the bridge to this machine. */
    private void connect(String end) throws IOException, InterruptedException {
        String other = name + "b" + end;
        Tool.run("ip", "link", "add", name + end, "type", "veth", "peer", "name", other, "netns", name + "s");
        in("s", "ip", "link", "set", other, "master", "bridge", "up");
    }

    private void in(String which, String... command) throws IOException, InterruptedException {
        String[] line = new String[command.length + 4];
        List<String> exec = List.of("ip", "netns", "exec", name + which);
        for (int word = 0; word < line.length; word++) {
            line[word] = word < exec.size() ? exec.get(word) : command[word - exec.size()];
        }
        Tool.run(line);
    }

    int size() {
        return size;
    }

    /** Address of a host. */
    String host(int id) {
        return subnet + (id + 1);
    }

    /** Command before one that is to run on that host. */
    List<String> within(int id) {
        return List.of("ip", "netns", "exec", name + "n" + id);
    }

    /** From now on no packet of one host arrives at the other; the other way they do. */
    void drop(int from, int to) throws IOException, InterruptedException {
        in("n" + to, "iptables", "-w", "-A", "INPUT", "-s", host(from), "-j", "DROP");
    }

    /** No packet passes between a host and any other; this machine reaches it still. */
    void cut(int id) throws IOException, InterruptedException {
        for (int other = 0; other < size; other++) {
            if (other != id) {
                drop(id, other);
                drop(other, id);
            }
        }
    }

    /** Every packet arrives. */
    void heal() throws IOException, InterruptedException {
        for (int id = 0; id < size; id++) {
            in("n" + id, "iptables", "-w", "-F", "INPUT");
        }
    }

    @Override
    public void close() {
        try {
            // What is in a namespace, and the other end of its cable, goes with it.
            Tool.tryTo("ip", "netns", "delete", name + "s");
            for (int id = 0; id < size; id++) {
                Tool.tryTo("ip", "netns", "delete", name + "n" + id);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
