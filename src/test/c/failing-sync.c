/*
 * Preloaded into the program under test: as soon as the file named by FAIL_SYNC_WHEN exists, syncs of log segments
 * fail, as they do on a dying disk. All else, and all before, goes to the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(int fd) {
    const char *when = getenv("FAIL_SYNC_WHEN");
    char link[64];
    char file[4096];
    ssize_t length;

    if (when == NULL || access(when, F_OK) != 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, file, sizeof file - 1);
    if (length < 0) {
        return 0;
    }
    file[length] = 0;
    return strstr(file, "/wal-") != NULL;
}

int fdatasync(int fd) {
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    return (int) syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    return (int) syscall(SYS_fsync, fd);
}
