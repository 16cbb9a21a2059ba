/* `kill -9` at a chosen step. Loaded with LD_PRELOAD; asleep until `killed_at_begin` names a directory.
 *
 * A step is whatever would change a file or a name below that directory, or wait for the disk: SQLite's own, Python's,
 * anybody's in the process. At the chosen one the process kills itself before it is done; a write is done by half, as
 * the kernel leaves it if a signal comes between two pages. What is in the kernel survives: for power cuts see
 * powercut.c. SQLite's -shm file is mapped, and made anew by whoever comes after a crash, so that it is no step.
 * For every 64-bit Linux; calls of the kernel are made directly.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static char directory[PATH_MAX];
static atomic_long steps;
static long last;

/* Watch what is below a directory, and die at the `at`th step; never, if 0. */
void killed_at_begin(const char *path, long at) {
    last = at, steps = 0;
    if (!realpath(path, directory)) _exit(87);
}

long killed_at_count(void) { return steps; }

/* Which step this is comes from one place, so that threads never share one. */
static int is_the_last(void) { return ++steps == last; }

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

static int is_below(const char *whole) {
    size_t size = strlen(directory), length = strlen(whole);
    if (!size || strncmp(whole, directory, size) || whole[size] != '/') return 0;
    return length < 4 || strcmp(whole + length - 4, "-shm");
}

static int is_below_by_number(int fd) {
    char link[64], whole[PATH_MAX] = "";
    if (!directory[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, whole, sizeof whole - 1) >= 0 && is_below(whole);
}

/* A path as it was given: the tests give whole ones, and `at` is a folder's number when a tree is taken away. */
static int is_below_by_name(int at, const char *path) {
    char link[64], folder[PATH_MAX / 2] = "", whole[PATH_MAX];
    if (!directory[0]) return 0;
    if (path[0] == '/') return is_below(path);
    snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
    if (readlink(link, folder, sizeof folder - 1) < 0) return 0;
    snprintf(whole, sizeof whole, "%s/%.2000s", folder, path);
    return is_below(whole);
}

static void step_by_number(int fd) {
    if (is_below_by_number(fd) && is_the_last()) die();
}

static void step_by_name(int at, const char *path) {
    if (is_below_by_name(at, path) && is_the_last()) die();
}

static int stepping_open(int at, const char *path, int flags, mode_t mode) {
    if (flags & (O_CREAT | O_TRUNC)) step_by_name(at, path);
    return syscall(SYS_openat, at, path, flags, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) { MODE(flags) return stepping_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return stepping_open(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return stepping_open(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return stepping_open(at, path, flags, mode); }

ssize_t write(int fd, const void *octets, size_t size) {
    if (is_below_by_number(fd) && is_the_last()) {
        syscall(SYS_write, fd, octets, size / 2);
        die();
    }
    return syscall(SYS_write, fd, octets, size);
}

ssize_t pwrite64(int fd, const void *octets, size_t size, off_t at) {
    if (is_below_by_number(fd) && is_the_last()) {
        syscall(SYS_pwrite64, fd, octets, size / 2, at);
        die();
    }
    return syscall(SYS_pwrite64, fd, octets, size, at);
}

ssize_t pwrite(int fd, const void *octets, size_t size, off_t at) { return pwrite64(fd, octets, size, at); }

ssize_t sendfile(int out, int in, off_t *at, size_t size) {
    if (is_below_by_number(out) && is_the_last()) {
        syscall(SYS_sendfile, out, in, at, size / 2);
        die();
    }
    return syscall(SYS_sendfile, out, in, at, size);
}

ssize_t sendfile64(int out, int in, off_t *at, size_t size) { return sendfile(out, in, at, size); }

ssize_t copy_file_range(int in, off_t *from, int out, off_t *to, size_t size, unsigned flags) {
    step_by_number(out);
    return syscall(SYS_copy_file_range, in, from, out, to, size, flags);
}

int ftruncate(int fd, off_t size) { step_by_number(fd); return syscall(SYS_ftruncate, fd, size); }
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }
int fsync(int fd) { step_by_number(fd); return syscall(SYS_fsync, fd); }
int fdatasync(int fd) { step_by_number(fd); return syscall(SYS_fdatasync, fd); }

int unlinkat(int at, const char *path, int flags) {
    step_by_name(at, path);
    return syscall(SYS_unlinkat, at, path, flags);
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int at, const char *path, mode_t mode) {
    step_by_name(at, path);
    return syscall(SYS_mkdirat, at, path, mode);
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int fchmodat(int at, const char *path, mode_t mode, int flags) {
    step_by_name(at, path);
    (void)flags;
    return syscall(SYS_fchmodat, at, path, mode);
}

int chmod(const char *path, mode_t mode) { return fchmodat(AT_FDCWD, path, mode, 0); }

int renameat(int from, const char *old, int to, const char *new) {
    step_by_name(to, new);
    return syscall(SYS_renameat2, from, old, to, new, 0);
}

int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }
