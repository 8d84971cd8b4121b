/* Finding the tasks that were asked something and have not answered. */
#include "journal/open_commands.h"

#include "journal/db.h"
#include "wire/mp.h"
#include "wire/rpc.h"

int bw_open_commands_open(struct bw_open_commands *c, sqlite3 *db, struct bw_fault *fault)
{
    *c = (struct bw_open_commands){.find = NULL};
    if (!msgpack_zone_init(&c->zone, MSGPACK_ZONE_CHUNK_SIZE))
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    int err = bw_db_prepare(db, &c->find,
                            "SELECT r.body FROM open_commands c JOIN task_rows r ON r.key = c.key"
                            " WHERE c.asked_at <= ?1 ORDER BY c.asked_at LIMIT ?2");
    if (!err)
        return 0;
    msgpack_zone_destroy(&c->zone);
    return bw_fault(fault, err, "data", "cannot read the journal: %s", sqlite3_errmsg(db));
}

void bw_open_commands_close(struct bw_open_commands *c)
{
    if (!c->find)
        return;
    sqlite3_finalize(c->find);
    msgpack_zone_destroy(&c->zone);
    *c = (struct bw_open_commands){.find = NULL};
}

int bw_open_commands_each(struct bw_open_commands *c, int64_t asked_before_us, uint32_t limit,
                          void (*visit)(void *ctx, const struct bw_task *row), void *ctx)
{
    msgpack_object map;
    struct bw_task row;
    int err;
    bw_db_bind_int(c->find, 1, asked_before_us);
    bw_db_bind_int(c->find, 2, limit);
    while ((err = bw_db_row(c->find)) == 1) {
        err = bw_mp_unpack(bw_db_str(c->find, 0), BW_RPC_DEPTH_MAX, &c->zone, &map, NULL);
        if (!err)
            err = bw_task_decode(&map, &row, NULL);
        if (!err)
            visit(ctx, &row);
        msgpack_zone_clear(&c->zone);
        if (err)
            break;
    }
    sqlite3_reset(c->find);
    return err;
}
