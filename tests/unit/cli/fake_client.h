/* libbellwire's publishing half, faked: these definitions are linked instead of the library's. What
 * is published is kept in order, and the test says what becomes of it. */
#ifndef TEST_CLI_FAKE_CLIENT_H
#define TEST_CLI_FAKE_CLIENT_H

#include "unit.h"

#include "bellwire.h"

enum { FAKE_MAX = 100000 };

static struct {
    int n, room;        /* published; how many more are taken before it says BELLWIRE_EBUSY */
    int more;           /* room that there is again after saying so */
    const char *refuse; /* event types like this are refused at once */
    struct bellwire_result (*answer)(int i); /* settles at once; NULL: the test settles */
    struct fake_published {
        bellwire_done_fn *done;
        void *arg;
        char type[32], id[40], message[64];
    } all[FAKE_MAX];
} fake;

int bellwire_publish_async(struct bellwire *handle, const struct bellwire_event *e,
                           bellwire_done_fn *done, void *arg)
{
    (void)handle;
    if (fake.refuse && e->event_type && strcmp(e->event_type, fake.refuse) == 0)
        return BELLWIRE_EINVAL;
    if (fake.room == 0) {
        fake.room = fake.more;
        return BELLWIRE_EBUSY;
    }
    fake.room--;
    struct fake_published *p = &fake.all[fake.n++];
    *p = (struct fake_published){.done = done, .arg = arg};
    snprintf(p->type, sizeof p->type, "%s", e->event_type ? e->event_type : "");
    snprintf(p->id, sizeof p->id, "%s", e->id ? e->id : "");
    snprintf(p->message, sizeof p->message, "%s", e->message ? e->message : "");
    if (fake.answer) {
        struct bellwire_result result = fake.answer(fake.n - 1);
        done(arg, &result);
    }
    return 0;
}

const char *bellwire_strerror(int error)
{
    (void)error;
    return "error";
}

int bellwire_check(const struct bellwire_event *event, struct bellwire_result *result)
{
    (void)event;
    *result = (struct bellwire_result){
        .error = BELLWIRE_EINVAL, .field = "event_type", .message = "is not liked here"};
    return BELLWIRE_EINVAL;
}

static inline void fake_reset(int room)
{
    fake.n = fake.more = 0;
    fake.room = room;
    fake.refuse = NULL;
    fake.answer = NULL;
}

/* What becomes of the i-th event that was published. */
static inline void fake_settle(int i, struct bellwire_result result)
{
    fake.all[i].done(fake.all[i].arg, &result);
}

#endif
