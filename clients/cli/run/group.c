/* Process groups, as /proc shows them. */
#include "group.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* /proc/PID/stat: "1234 (any name, with anything in it) S 1 1234 …": state, parent, group. */
static bool runs_in(const char *pid, pid_t group)
{
    char path[64], text[1024], state;
    int parent, its_group;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false; /* it has ended meanwhile */
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    const char *after_name = strrchr(text, ')');
    return after_name && sscanf(after_name + 1, " %c %d %d", &state, &parent, &its_group) == 3 &&
           its_group == group && state != 'Z' && state != 'X';
}

bool bw_group_runs(pid_t group)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    bool found = false;
    if (!proc)
        return false;
    while (!found && (entry = readdir(proc)))
        found = isdigit((unsigned char)entry->d_name[0]) && runs_in(entry->d_name, group);
    closedir(proc);
    return found;
}
