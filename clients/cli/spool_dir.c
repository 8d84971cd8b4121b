/* The spool on disk. */
#include "spool_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"

#define SUFFIX ".ndjson"

/* A relative ipc:// path means another bus in another folder. */
static void absolute(const char *bus, char *out, size_t size)
{
    char cwd[BW_SPOOL_PATH_MAX];
    bool relative = strncmp(bus, "ipc://", 6) == 0 && bus[6] != '/';
    if (!relative || !getcwd(cwd, sizeof cwd)) {
        snprintf(out, size, "%s", bus);
        return;
    }
    const char *path = bus + 6;
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    snprintf(out, size, "ipc://%s/%s", cwd, path);
}

static uint32_t fnv1a(const char *s)
{
    uint32_t h = 2166136261U;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619U;
    return h;
}

int bw_spool_dir(const char *bus, char out[BW_SPOOL_PATH_MAX])
{
    enum { READABLE_MAX = 80 }; /* of the name; the hash behind it tells buses apart */
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char full[2 * BW_SPOOL_PATH_MAX], name[READABLE_MAX + 1];
    size_t n = 0;
    absolute(bus, full, sizeof full);
    for (const char *c = full; *c && n < READABLE_MAX; c++)
        name[n++] = isalnum((unsigned char)*c) || *c == '.' || *c == '-' ? *c : '_';
    name[n] = 0;
    int len;
    if (state && *state == '/')
        len = snprintf(out, BW_SPOOL_PATH_MAX, "%s", state);
    else if (home && *home)
        len = snprintf(out, BW_SPOOL_PATH_MAX, "%s/.local/state", home);
    else
        return BW_EINVAL;
    if (len >= BW_SPOOL_PATH_MAX / 2)
        return BW_ETOOBIG;
    snprintf(out + len, (size_t)(BW_SPOOL_PATH_MAX - len), "/bellwire/spool/%s-%08x", name,
             fnv1a(full));
    return 0;
}

static int is_spool_file(const struct dirent *e)
{
    size_t n = strlen(e->d_name), m = strlen(SUFFIX);
    return e->d_name[0] != '.' && n > m && strcmp(e->d_name + n - m, SUFFIX) == 0;
}

/* Calls visit with the path of each file, oldest first; ends when it returns non-zero. */
static int each_file(const char *dir, int (*visit)(void *ctx, const char *path), void *ctx)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, is_spool_file, alphasort), err = 0;
    for (int i = 0; i < n; i++) {
        char path[BW_SPOOL_PATH_MAX];
        int len = snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (!err && len < (int)sizeof path)
            err = visit(ctx, path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return err;
}

static int add_size(void *ctx, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        *(uint64_t *)ctx += (uint64_t)st.st_size;
    return 0;
}

uint64_t bw_spool_dir_bytes(const char *dir)
{
    uint64_t bytes = 0;
    if (each_file(dir, add_size, &bytes) != 0)
        return UINT64_MAX;
    return bytes;
}

static int make_dirs(const char *dir)
{
    char path[BW_SPOOL_PATH_MAX];
    snprintf(path, sizeof path, "%s", dir);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return BW_EIO;
        *slash = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : BW_EIO;
}

int bw_spool_file_create(struct bw_spool_file *f, const char *dir)
{
    char id[BW_UUID_LEN + 1];
    bw_uuid7(id); /* sorts by time */
    int n = snprintf(f->path, sizeof f->path, "%s/%s" SUFFIX, dir, id);
    int m = snprintf(f->temporary, sizeof f->temporary, "%s/.%s", dir, id);
    if (n >= (int)sizeof f->path || m >= (int)sizeof f->temporary)
        return BW_ETOOBIG;
    if (make_dirs(dir) != 0)
        return BW_EIO;
    int fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    f->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && !f->stream)
        close(fd);
    return f->stream ? 0 : BW_EIO;
}

int bw_spool_file_close(struct bw_spool_file *f, bool keep)
{
    bool written = keep && fflush(f->stream) == 0 && fsync(fileno(f->stream)) == 0;
    written = fclose(f->stream) == 0 && written;
    if (written && rename(f->temporary, f->path) == 0)
        return 0;
    int why = errno;
    unlink(f->temporary);
    errno = why;
    return keep ? BW_EIO : 0;
}

static void add_counts(struct bw_pour_counts *sum, const struct bw_pour_counts *c)
{
    sum->events += c->events;
    sum->accepted += c->accepted;
    sum->duplicates += c->duplicates;
    sum->stale += c->stale;
    sum->refused += c->refused;
    for (int i = 0; i < c->n_reasons && sum->n_reasons < BW_POUR_REASONS; i++)
        sum->reasons[sum->n_reasons++] = c->reasons[i];
}

struct delivery {
    struct bw_pour *pour;
    struct bw_pour_counts *counts;
    uint32_t *files;
};

static int deliver_file(void *ctx, const char *path)
{
    struct delivery *d = ctx;
    struct bw_pour_counts counts;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* another program has delivered it */
    /* Without links: it was delivered between open() and flock(). */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &st) != 0 || st.st_nlink == 0) {
        close(fd);
        return 0;
    }
    int err = bw_pour_fd(d->pour, fd, &counts);
    add_counts(d->counts, &counts);
    if (!err) {
        unlink(path);
        ++*d->files;
    }
    close(fd);
    return err;
}

int bw_spool_deliver(const char *dir, struct bw_pour *pour, struct bw_pour_counts *counts,
                     uint32_t *files)
{
    struct delivery d = {pour, counts, files};
    return each_file(dir, deliver_file, &d);
}
