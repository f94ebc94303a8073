package dev.quorate.log;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.quorate.process.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A file system that lost its power between a rename and the sync of the directory lost the name. */
@Tag("root")
@Tag("loop")
class DirectorySyncIT {
    @TempDir
    Path run;

    @ParameterizedTest
    @EnumSource
    void theSyncOfADirectoryFailsOnceTheFileSystemHasShutItselfDown(LoopDisk.Kind kind) throws Exception {
        try (LoopDisk disk = new LoopDisk(run.resolve("disk"), kind)) {
            Path directory = Files.createDirectory(disk.path().resolve("data"));
            DurableFiles.syncDirectory(directory);
            Files.move(Files.createFile(directory.resolve("old")), directory.resolve("new"));
            disk.cutPower();
            assertThrows(IOException.class, () -> DurableFiles.syncDirectory(directory));
        }
    }
}
