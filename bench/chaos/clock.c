/* Preloaded into a program: its clock of the day is off by the seconds in the file CHAOS_CLOCK, a
 * signed number of 64 bits, which may be changed while the program runs. Clocks that only count up
 * are left alone, as they are when a machine's clock is set. Who waits for a moment of that clock
 * waits as the kernel has it: the moment comes sooner or later when the clock is set meanwhile.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 50000000 /* how often a waiting one looks at the clock */
#define SECOND_NS 1000000000LL

static const volatile int64_t *off;
static int (*real)(clockid_t, struct timespec *);
static int (*real_wait)(sem_t *, const struct timespec *);

__attribute__((constructor)) static void begin(void)
{
    const char *name = getenv("CHAOS_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_wait = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof *off, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED)
        off = page;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = real ? real(clock, now) : (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && off && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *off;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact))
        return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec exact;
    if (clock_gettime(CLOCK_REALTIME, &exact))
        return -1;
    if (now)
        *now = exact.tv_sec;
    return exact.tv_sec;
}

static int64_t in_ns(const struct timespec *moment)
{
    return moment->tv_sec * SECOND_NS + moment->tv_nsec;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    for (;;) {
        struct timespec now, look;
        clock_gettime(CLOCK_REALTIME, &now);
        int64_t left = in_ns(until) - in_ns(&now);
        real(CLOCK_REALTIME, &look); /* by which the kernel waits */
        int64_t at = in_ns(&look) + (left < LOOK_NS ? left : LOOK_NS);
        look.tv_sec = at / SECOND_NS;
        look.tv_nsec = at % SECOND_NS;
        int failed = real_wait(semaphore, &look);
        if (!failed || errno != ETIMEDOUT || left <= LOOK_NS)
            return failed;
    }
}
