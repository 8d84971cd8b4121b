/* The data folder. The lock is flock() on DIR/lock, which the kernel gives back when a process ends
 * in whatever way, so a lock is never stale; the pid in the file is for people. */
#include "data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int in_dir(const char *dir, const char *name, char *out, size_t size, struct bw_fault *fault)
{
    int n = snprintf(out, size, "%s/%s", dir, name);
    if (*dir == 0 || n < 0 || (size_t)n >= size)
        return bw_fault(fault, BW_EINVAL, "data", "the folder's name is empty or too long");
    return 0;
}

static int locked_by_another(int fd, const char *dir, struct bw_fault *fault)
{
    char pid[16] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? n : 0] = 0;
    pid[strcspn(pid, "\n")] = 0;
    return bw_fault(
        fault, BW_EEXIST, "data",
        "%.80s is used by another bellwired (pid %s); stop it, or choose another folder", dir,
        *pid ? pid : "unknown");
}

int bw_data_dir_lock(const char *dir, int *lock_fd, struct bw_fault *fault)
{
    char path[PATH_MAX], pid[16];
    *lock_fd = -1;
    int err = in_dir(dir, "lock", path, sizeof path, fault);
    if (err)
        return err;
    if (mkdir(dir, 0750) < 0 && errno != EEXIST)
        return bw_fault(fault, BW_EIO, "data", "cannot make the folder %.100s: %s", dir,
                        strerror(errno));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return bw_fault(fault, BW_EIO, "data", "cannot open %.120s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        err = errno == EWOULDBLOCK ? locked_by_another(fd, dir, fault)
                                   : bw_fault(fault, BW_EIO, "data", "cannot lock %.120s: %s", path,
                                              strerror(errno));
        close(fd);
        return err;
    }
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n)
        (void)0; /* only people read it; with a full disk the lock holds all the same */
    *lock_fd = fd;
    return 0;
}

int bw_data_dir_journal(const char *dir, char *out, size_t size, struct bw_fault *fault)
{
    return in_dir(dir, "journal.db", out, size, fault);
}
