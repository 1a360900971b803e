/* Waits until nothing more happens by itself: every other thread of the process sleeps and none of
 * them has run between several looks. Bytes that a thread sends over the loopback interface wake
 * their reader before the sender goes to sleep, so this sees them too; it does not see timers. */

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS = 4, LOOK_US = 500, PATIENCE = 400, LESS_PATIENCE = 40, THREADS = 64 };

/* Another thread: its number, and its files in /proc, which stay open. */
static struct task {
    int id, state, times;
} tasks[THREADS];
static int task_count;

static void sleep_us (long us)
{
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep (&time, NULL);
}

static int open_file (int task, const char *file)
{
    char path[64];
    snprintf (path, sizeof path, "/proc/self/task/%d/%s", task, file);
    return open (path, O_RDONLY | O_CLOEXEC);
}

static void forget_tasks (void)
{
    for (int i = 0; i < task_count; i++) {
        close (tasks[i].state);
        close (tasks[i].times);
    }
    task_count = 0;
}

static bool listed (int id, int *index)
{
    return *index < task_count && tasks[*index].id == id && ++*index;
}

/* Looks which threads there are; they come and go only while the program is at work. */
static void find_tasks (void)
{
    DIR *directory = opendir ("/proc/self/task");
    int known = 0, ids[THREADS], count = 0;
    bool same = true;
    if (!directory)
        abort ();
    for (struct dirent *entry; (entry = readdir (directory)) != NULL;) {
        int id = atoi (entry->d_name);
        if (id == 0 || id == (int) getpid () || count == THREADS)
            continue;
        ids[count++] = id;
        same = listed (id, &known) && same;
    }
    closedir (directory);
    if (same && known == task_count)
        return;
    forget_tasks ();
    for (int i = 0; i < count; i++)
        tasks[task_count++] = (struct task){ids[i], open_file (ids[i], "stat"), open_file (ids[i], "schedstat")};
}

static bool read_again (int file, char *text, size_t size)
{
    ssize_t length = file < 0 ? -1 : pread (file, text, size - 1, 0);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

/* The number of times that other threads were run, or -1 if one of them wants to run now. */
static long long others_ran (void)
{
    long long sum = 0;
    char text[512];
    for (int i = 0; i < task_count; i++) {
        long long slices = 0;
        if (!read_again (tasks[i].state, text, sizeof text))
            continue;
        const char *end = strrchr (text, ')');
        if (end && end[2] != 'S')
            return -1;
        if (read_again (tasks[i].times, text, sizeof text))
            sscanf (text, "%*s %*s %lld", &slices);
        sum += slices + 1;
    }
    return sum;
}

/* At least LOOKS * LOOK_US: the original looks for commands once in about a millisecond. */
static void quiet (void)
{
    long long before = -2;
    int equal = 0;
    static int patience = PATIENCE;
    find_tasks ();
    for (int look = 0; equal < LOOKS; look++) {
        if (look == patience) {
            patience = LESS_PATIENCE; /* a thread that is never quiet, as a proxy that cannot pass on */
            return;
        }
        sleep_us (LOOK_US);
        long long now = others_ran ();
        equal = now >= 0 && now == before ? equal + 1 : 0;
        before = now;
    }
}
