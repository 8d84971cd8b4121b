/* Commands: when they are possible, what answers them, and what follows from them. */
#include "wire/command.h"

#include <stdio.h>

#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/topic.h"
#include "wire/utf8.h"

enum { TEXT_MAX = 8 * 1024 /* of reason and by */ };

#define BIT(status) (1u << (status))
#define FINAL                                                                                      \
    (BIT(BW_COMPLETED) | BIT(BW_FAILED) | BIT(BW_CANCELLED) | BIT(BW_TIMEOUT)) /* as they are */
#define LIVE (BIT(BW_PENDING) | BIT(BW_RUNNING) | BIT(BW_PAUSED))

/* What each action is about, in sets of states. */
static const struct {
    struct bw_str name;
    unsigned possible;    /* in these */
    unsigned answered;    /* by these; none: by a higher attempt */
    enum bw_status done;  /* what a task that nobody works on is at once … */
    bool nobody_takes_it; /* … unless it takes somebody */
    const char *past;     /* said of what is done */
} actions[BW_N_ACTIONS] = {
    [BW_START] = {.name = BW_STR("start"),
                  .possible = BIT(BW_PENDING),
                  .answered = BIT(BW_RUNNING) | FINAL,
                  .nobody_takes_it = true},
    [BW_PAUSE] = {.name = BW_STR("pause"),
                  .possible = BIT(BW_PENDING) | BIT(BW_RUNNING),
                  .answered = BIT(BW_PAUSED) | FINAL,
                  .done = BW_PAUSED,
                  .past = "paused"},
    [BW_RESUME] = {.name = BW_STR("resume"),
                   .possible = BIT(BW_PAUSED),
                   .answered = BIT(BW_RUNNING) | FINAL,
                   .done = BW_PENDING,
                   .past = "resumed"},
    [BW_STOP] = {.name = BW_STR("stop"),
                 .possible = LIVE,
                 .answered = FINAL,
                 .done = BW_CANCELLED,
                 .past = "stopped"},
    [BW_CANCEL] = {.name = BW_STR("cancel"),
                   .possible = LIVE,
                   .answered = FINAL,
                   .done = BW_CANCELLED,
                   .past = "cancelled"},
    [BW_RETRY] = {.name = BW_STR("retry"),
                  .possible = (LIVE | FINAL) & ~BIT(BW_PENDING),
                  .done = BW_PENDING,
                  .past = "to be tried again"},
};

const char *bw_action_name(enum bw_action action)
{
    return actions[action].name.ptr;
}

bool bw_action_parse(struct bw_str name, enum bw_action *out)
{
    for (int a = BW_NO_ACTION + 1; a < BW_N_ACTIONS; a++)
        if (bw_str_eq(actions[a].name, name)) {
            *out = (enum bw_action)a;
            return true;
        }
    return false;
}

static const char *const effects[] = {
    [BW_EFFECT_ASKED] = "asked",
    [BW_EFFECT_DONE] = "done",
};

const char *bw_effect_name(enum bw_effect effect)
{
    return effects[effect];
}

bool bw_effect_parse(struct bw_str name, enum bw_effect *out)
{
    for (int e = BW_EFFECT_ASKED; e <= BW_EFFECT_DONE; e++)
        if (bw_str_is(name, effects[e])) {
            *out = (enum bw_effect)e;
            return true;
        }
    return false;
}

bool bw_action_possible(enum bw_action action, enum bw_status status)
{
    return actions[action].possible & BIT(status);
}

int bw_action_check(enum bw_action action, enum bw_status status, struct bw_fault *fault)
{
    char possible[64] = "";
    size_t n = 0;
    if (bw_action_possible(action, status))
        return 0;
    for (int a = BW_NO_ACTION + 1; a < BW_N_ACTIONS; a++)
        if (bw_action_possible((enum bw_action)a, status))
            n += (size_t)snprintf(possible + n, sizeof possible - n, "%s%s", n ? ", " : "",
                                  actions[a].name.ptr);
    return bw_fault(fault, BW_ECONFLICT, "data.action",
                    "%s is not possible: the task is %s; possible: %s", actions[action].name.ptr,
                    bw_status_name(status), possible);
}

bool bw_action_answered(enum bw_action action, enum bw_status status, bool next_attempt)
{
    return actions[action].answered ? actions[action].answered & BIT(status) : next_attempt;
}

bool bw_is_command(const struct bw_event *event)
{
    return bw_event_kind(event->event_type) == BW_TASK_COMMAND &&
           bw_str_is(event->topic, BW_TOPIC_CONTROL);
}

static int take_text(const msgpack_object *data, const char *key, const char *field,
                     struct bw_str *out, struct bw_fault *fault)
{
    const msgpack_object *o = bw_mp_get(data, key);
    *out = (struct bw_str){0};
    if (bw_mp_is_nil(o))
        return 0;
    if (o->type != MSGPACK_OBJECT_STR || o->via.str.size > TEXT_MAX)
        return bw_fault(fault, BW_EINVAL, field, "must be a string of at most 8 KiB");
    *out = bw_mp_as_str(o);
    return 0;
}

/* What a command says, apart from whom it is for. */
struct said {
    enum bw_action action;
    struct bw_str reason, by;
};

static int read_command(const struct bw_event *command, struct said *said, struct bw_fault *fault)
{
    const msgpack_object *action = bw_mp_get(command->data, "action");
    if (command->task_id.len == 0)
        return bw_fault(fault, BW_EINVAL, "data.id",
                        "must be the id of the task, of 1 to 128 bytes");
    if (bw_mp_is_nil(action) || action->type != MSGPACK_OBJECT_STR ||
        !bw_action_parse(bw_mp_as_str(action), &said->action))
        return bw_fault(fault, BW_EINVAL, "data.action",
                        "must be start, pause, resume, stop, cancel or retry");
    int err = take_text(command->data, "reason", "data.reason", &said->reason, fault);
    return err ? err : take_text(command->data, "by", "data.by", &said->by, fault);
}

static void put(struct bw_consequence *c, struct bw_str key, msgpack_object value)
{
    msgpack_object_kv *kv = &c->members[c->data.via.map.size++];
    kv->key = (msgpack_object){.type = MSGPACK_OBJECT_STR};
    kv->key.via.str.ptr = key.ptr;
    kv->key.via.str.size = (uint32_t)key.len;
    kv->val = value;
}

static void put_str(struct bw_consequence *c, struct bw_str key, struct bw_str value)
{
    msgpack_object o = {.type = MSGPACK_OBJECT_STR};
    o.via.str.ptr = value.ptr;
    o.via.str.size = (uint32_t)value.len;
    put(c, key, o);
}

static void put_done(struct bw_consequence *c, const struct said *said, const struct bw_task *row)
{
    c->event.event_type = bw_str(bw_event_kind_name(BW_TASK_STATUS_CHANGED));
    put_str(c, BW_STR("status"), bw_str(bw_status_name(actions[said->action].done)));
    if (said->action == BW_RETRY) {
        msgpack_object attempt = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER};
        attempt.via.u64 = row->attempt + 1;
        put(c, BW_STR("attempt"), attempt);
    }
}

static void put_asked(struct bw_consequence *c, const struct said *said)
{
    c->event.event_type = bw_str(bw_event_kind_name(BW_TASK_UPDATED));
    put_str(c, BW_STR("command"), actions[said->action].name);
}

/* "cancel asked by ann: too slow". */
static void put_message(struct bw_consequence *c, const struct said *said)
{
    bool done = c->effect == BW_EFFECT_DONE;
    struct bw_str by = bw_utf8_cut(said->by, 64), reason = bw_utf8_cut(said->reason, 96);
    snprintf(c->message, sizeof c->message, "%s%s%s%.*s%s%.*s",
             done ? actions[said->action].past : actions[said->action].name.ptr,
             done ? "" : " asked", by.len ? " by " : "", BW_STR_ARG(by), reason.len ? ": " : "",
             BW_STR_ARG(reason));
    c->event.message = bw_str(c->message);
}

int bw_command_check(const struct bw_event *command, const struct bw_task *row,
                     struct bw_consequence *out, struct bw_fault *fault)
{
    struct said said;
    int err = read_command(command, &said, fault);
    if (err)
        return err;
    if (!row)
        return bw_fault(fault, BW_ENOTFOUND, "data.id", "there is no task of this id");
    err = bw_action_check(said.action, row->status, fault);
    if (err)
        return err;
    bool idle = row->worker.len == 0 && row->status != BW_RUNNING;
    out->effect = idle && !actions[said.action].nobody_takes_it ? BW_EFFECT_DONE : BW_EFFECT_ASKED;
    out->data = (msgpack_object){.type = MSGPACK_OBJECT_MAP};
    out->data.via.map.ptr = out->members;
    out->event = (struct bw_event){
        .topic = BW_STR(BW_TOPIC_SYSTEM),
        .source = BW_STR(BW_SOURCE_BUS),
        .task_id = row->id,
        .data = &out->data,
    };
    put_str(out, BW_STR("id"), row->id);
    put_str(out, BW_STR("command_id"), command->id);
    if (out->effect == BW_EFFECT_DONE)
        put_done(out, &said, row);
    else
        put_asked(out, &said);
    put_message(out, &said);
    return 0;
}
