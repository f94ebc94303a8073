package dev.quorate.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quorate.api.Contract.Call;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Requests that nobody would send, and some that one would: made from the document, each by chance that its seed decides,
 * and some of them with bytes changed. Calls that hand leadership over are made wrong, as they would disturb the others.
 */
final class FuzzRequests {
    private static final List<String> KEYS =
            List.of("fuzz", "fuzz/a b", "fuzz/%2F", "fuzz/ü", "fuzz:1", "fuzz//x", "fuzz/;m=1");
    private static final List<String> WORDS = List.of(
            "",
            "0",
            "1",
            "-1",
            "2147483648",
            "1.1",
            "0.0",
            "9.9",
            "majority",
            "all",
            "1ms",
            "100ms",
            "1s",
            "*",
            "\"1.1\"",
            "\"1.1\", W/\"1.2\"",
            "\"",
            "true",
            "linearizable",
            "leader",
            "local",
            "quorum",
            "repair",
            "ü",
            "a,b",
            "null",
            "%",
            "x".repeat(2_000));
    private static final List<String> NEVER = List.of("POST /cluster/snapshot", "GET /cluster/backup");
    private static final List<String> METHODS =
            List.of("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE");

    private final Contract contract;
    private final List<Call> calls;

    /**
     * A request.
     *
     * @param method of the first line
     * @param whole whether it is one by the rules of HTTP, so that there has to be an answer
     * @param bytes what is sent
     */
    @SuppressWarnings("ArrayRecordComponent") // sent once, never compared
    record Request(
            String method, String path, String query, Map<String, List<String>> headers, boolean whole, byte[] bytes) {
        @Override
        public String toString() {
            String text = new String(bytes, ISO_8859_1);
            return text.substring(0, Math.min(text.length(), 1_500));
        }
    }

    FuzzRequests(Contract contract) {
        this.contract = contract;
        this.calls = contract.calls().stream()
                .filter(call -> !call.path().startsWith("/q/") && !NEVER.contains(call.toString()))
                .toList();
    }

    /** The request of a seed. */
    Request of(long seed) {
        return new Making(new Random(seed * 0x9E3779B97F4A7C15L)).request();
    }

    private final class Making {
        private final Random random;
        private final Map<String, List<String>> headers = new LinkedHashMap<>();
        private final List<String> query = new ArrayList<>();

        Making(Random random) {
            this.random = random;
        }

        Request request() {
            Call call = calls.get(random.nextInt(calls.size()));
            String path = path(call);
            Map<String, JsonNode> parameters = contract.parameters(call);
            String method = call.method().toUpperCase(Locale.ROOT);
            if (random.nextInt(15) == 0) {
                method = METHODS.get(random.nextInt(METHODS.size()));
            } else {
                parameters.forEach(this::parameter);
                if (parameters.containsKey("query:timeout")) {
                    // What waits is not to wait long.
                    query.removeIf(pair -> pair.startsWith("timeout="));
                    query.add("timeout=" + (1 + random.nextInt(100)) + "ms");
                }
            }
            byte[] body = body(call, path);
            String asked = String.join("&", query);
            byte[] bytes = bytes(method, path + "?" + asked, body);
            boolean whole = random.nextInt(4) != 0;
            return new Request(method, path, asked, headers, whole, whole ? bytes : changed(bytes));
        }

        private String path(Call call) {
            String key = KEYS.get(random.nextInt(KEYS.size()));
            String path = call.path()
                    .replace("{key}", encoded(random.nextInt(10) == 0 ? word() + "k" : key))
                    .replace("{version}", encoded(word() + "1"));
            return random.nextInt(25) == 0 ? path + "/x" + encoded(word()) : path;
        }

        private void parameter(String place, JsonNode parameter) {
            String name = parameter.path("name").asText();
            boolean needed = parameter.path("required").asBoolean();
            if (random.nextInt(10) >= (needed ? 9 : 3)) {
                return;
            }
            String value =
                    random.nextInt(3) == 0 ? word() : parameter.path("example").asText();
            if (name.equals("key")) {
                value = KEYS.get(random.nextInt(KEYS.size()));
            } else if (name.equals("Idempotency-Key")) {
                value = "fuzz-" + random.nextInt(20);
            }
            if (place.startsWith("query:")) {
                query.add(name + "=" + encoded(value));
                if (random.nextInt(30) == 0) {
                    query.add(name + "=" + encoded(word()));
                }
            } else if (place.startsWith("header:")) {
                header(name, value.replaceAll("[^ -~]", "?"));
            }
        }

        private byte[] body(Call call, String path) {
            JsonNode types = call.node().path("requestBody").path("content");
            if (types.isMissingNode() && random.nextInt(20) != 0) {
                return new byte[0];
            }
            if (types.has("application/json")) {
                header("Content-Type", random.nextInt(20) == 0 ? word().replaceAll("[^ -~]", "?") : "application/json");
                return json(types.path("application/json"), path).getBytes(UTF_8);
            }
            header("Content-Type", "text/plain");
            byte[] bytes = new byte[random.nextInt(200) == 0 ? 1_100_000 : random.nextInt(300)];
            random.nextBytes(bytes);
            return bytes;
        }

        /** An example of the document with keys of ours; now and then with a member, or a character, that is another. */
        private String json(JsonNode content, String path) {
            List<JsonNode> examples = new ArrayList<>();
            content.path("examples")
                    .forEach(example -> examples.add(contract.resolved(example).path("value")));
            String text = examples.get(random.nextInt(examples.size())).toString();
            if (path.startsWith("/cluster/leader")) {
                text = "{\"replica\":9}";
            }
            text = text.replaceAll("\"(key|put|delete)\":\"[^\"]*\"", "\"$1\":\"fuzz/" + random.nextInt(5) + "\"");
            if (random.nextInt(3) == 0) {
                int at = random.nextInt(text.length());
                List<String> others =
                        List.of("", "\"", "{", "}", "\\u0000", "\\ud800", "[[", "1e999", ",", "null", "é");
                text = text.substring(0, at) + others.get(random.nextInt(others.size())) + text.substring(at + 1);
            }
            return random.nextInt(30) == 0 ? "[".repeat(5_000) : text;
        }

        private byte[] bytes(String method, String target, byte[] body) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: fuzz\r\n");
            headers.forEach((name, values) -> values.forEach(value -> head.append(name + ": " + value + "\r\n")));
            boolean chunked = body.length > 0 && random.nextInt(4) == 0;
            if (chunked) {
                head.append("Transfer-Encoding: chunked\r\n");
            } else if (body.length > 0 || random.nextInt(5) == 0) {
                head.append("Content-Length: " + body.length + "\r\n");
            }
            out.writeBytes(head.append("\r\n").toString().getBytes(ISO_8859_1));
            if (chunked) {
                int first = random.nextInt(body.length) + 1;
                chunk(out, body, 0, first);
                chunk(out, body, first, body.length);
                out.writeBytes("0\r\n\r\n".getBytes(ISO_8859_1));
            } else {
                out.writeBytes(body);
            }
            return out.toByteArray();
        }

        private void chunk(ByteArrayOutputStream out, byte[] body, int from, int to) {
            if (to > from) {
                out.writeBytes((Integer.toHexString(to - from) + "\r\n").getBytes(ISO_8859_1));
                out.write(body, from, to - from);
                out.writeBytes("\r\n".getBytes(ISO_8859_1));
            }
        }

        /** Some bytes are others, left out, doubled, or the end is missing. */
        private byte[] changed(byte[] bytes) {
            byte[] changed = bytes.clone();
            // Most of what decides stands in front.
            int within = Math.min(changed.length, random.nextBoolean() ? 60 : 400);
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                int at = random.nextInt(within);
                switch (random.nextInt(6)) {
                    case 0 -> changed[at] = (byte) random.nextInt(256);
                    case 1 -> changed[at] = (byte) " \r\n:%/?#&=;,\"\0".charAt(random.nextInt(14));
                    case 2 -> changed[at] ^= (byte) (1 << random.nextInt(8));
                    case 3 -> changed = joined(changed, at, at + 1);
                    case 4 -> changed = joined(changed, at + 1, at);
                    default -> changed = random.nextInt(8) == 0 ? joined(changed, at, changed.length) : changed;
                }
                within = Math.min(within, changed.length);
                if (within == 0) {
                    return new byte[] {'\n'};
                }
            }
            return changed;
        }

        private static byte[] joined(byte[] bytes, int end, int begin) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(bytes, 0, end);
            out.write(bytes, begin, bytes.length - begin);
            return out.toByteArray();
        }

        private void header(String name, String value) {
            headers.computeIfAbsent(name, any -> new ArrayList<>()).add(value);
        }

        private String word() {
            return WORDS.get(random.nextInt(WORDS.size()));
        }

        private String encoded(String text) {
            return URLEncoder.encode(text, UTF_8).replace("+", "%20");
        }
    }
}
