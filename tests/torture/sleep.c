/* Loaded before Debian's libfaketime 0.9.10, which refuses to sleep by a monotonic clock that it does not fake: EINVAL
   for what Python's time.sleep asks. A sleep by that clock is none of its business; the kernel does it. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remaining)
{
    return syscall(SYS_clock_nanosleep, clock, flags, request, remaining) == 0 ? 0 : errno;
}
