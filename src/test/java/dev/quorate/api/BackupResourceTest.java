package dev.quorate.api;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.quorate.log.ScannedFile;
import dev.quorate.log.SnapshotFile;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code GET /cluster/backup}: the state as of one entry, with all that was acknowledged before. */
@QuarkusTest
class BackupResourceTest {
    @TempDir
    Path directory;

    @Test
    void whatWasAcknowledgedIsInIt() throws IOException {
        for (int round = 0; round < 3; round++) {
            String version = given().contentType("text/plain")
                    .body("value " + round)
                    .put("/kv/backed-up")
                    .then()
                    .statusCode(oneOf(200, 201))
                    .extract()
                    .header("Quorate-Position");
            SnapshotFile backup = backup("/cluster/backup");
            long written = Long.parseLong(version.substring(version.indexOf('.') + 1));
            assertEquals(true, backup.index() >= written, backup.index() + " but " + version + " was acknowledged");
        }
    }

    /** Nothing was committed in between, so that the same snapshot serves. */
    @Test
    void anyReplicaMayBeAsked() throws IOException {
        backup("/cluster/backup");
        for (int replica = 0; replica < 3; replica++) {
            backup("/cluster/backup?replica=" + replica);
        }
        given().get("/cluster/backup?replica=7")
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("member", equalTo("replica"));
    }

    private SnapshotFile backup(String path) throws IOException {
        Response answer = given().get(path);
        answer.then()
                .statusCode(200)
                .contentType("application/octet-stream")
                .header("Quorate-Position", matchesPattern("\\d+\\.\\d+"))
                .header("Content-Disposition", matchesPattern("attachment; filename=\"quorate-\\d+\\.\\d+\\.backup\""));
        Path file = directory.resolve("backup");
        Files.write(file, answer.asByteArray());
        assertEquals(ScannedFile.Health.OK, ScannedFile.ofBackup(file).health());
        SnapshotFile backup = SnapshotFile.open(file);
        assertEquals(
                answer.header("Quorate-Position"), backup.header().position().toString());
        return backup;
    }
}
