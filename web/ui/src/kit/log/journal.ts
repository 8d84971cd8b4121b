// The journal's logs, over the one connection of these pages.
import type { BellwireEvent } from "bellwire";

import { client } from "../../wire.ts";
import { queryOf } from "./filter.ts";
import { LogReset, type LogSource } from "./source.ts";

export const journal: LogSource = {
    async read(filter, place, limit, signal) {
        const task_id = filter.taskId === null ? null : [filter.taskId]; // a list: there may be a comma in it
        const answer = await client.http.json<{ events: BellwireEvent[]; more: boolean; earlier?: string }>(
            "api/v1/logs", { query: { ...queryOf(filter), task_id, ...place, limit }, signal });
        const { reset, reason } = answer as { reset?: boolean; reason?: string };
        if (reset) throw new LogReset(reason !== "retention");
        return { ...answer.data, earlier: answer.data.earlier ?? null, cursor: answer.cursor };
    },
    follow({ taskId }, after, onLine, onReset) {
        const subscription = client.subscribe("logs",
            { after, onReset, ...(taskId === null ? {} : { filter: { task_id: taskId } }) }, onLine);
        return () => subscription.unsubscribe();
    },
};
