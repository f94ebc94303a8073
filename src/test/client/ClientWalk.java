package dev.quorate.client;

import java.util.List;
import java.util.function.Function;

/** Three calls by the generated client, as a program that uses it would have them. Compiled with it, by GeneratedClientTest. */
public final class ClientWalk implements Function<String, List<String>> {
    private static final String KEY = "clients/of a kind%";

    @Override
    public List<String> apply(String url) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        KvApi kv = new KvApi(client);
        try {
            Receipt receipt = kv.putValue(KEY, "all", "5s", null, null, null, null, "Jessica");
            String value = kv.getValue(KEY, "linearizable", null, null, null, null, receipt.getVersion(), null, null);
            Cluster cluster = new ClusterApi(client).getCluster();
            return List.of(
                    receipt.getKey(),
                    receipt.getAcknowledgedBy().toString(),
                    receipt.getCommitted().getValue(),
                    value,
                    String.valueOf(cluster.getLeader()),
                    refusal(kv, client, receipt));
        } catch (Exception e) {
            throw new IllegalStateException("a call failed", e);
        }
    }

    /** What a write is told that asks for another version than there is. */
    private static String refusal(KvApi kv, ApiClient client, Receipt receipt) throws Exception {
        try {
            kv.putValue(KEY, null, null, null, "\"1.1\"", null, null, "Peter");
            return "not refused";
        } catch (ApiException e) {
            Problem problem = client.getObjectMapper().readValue(e.getResponseBody(), Problem.class);
            boolean current = receipt.getVersion().equals(problem.getVersion());
            return e.getCode() + " " + problem.getType().getValue() + " " + problem.getOutcome().getValue()
                    + (current ? " at the version of the receipt" : " at " + problem.getVersion());
        }
    }
}
