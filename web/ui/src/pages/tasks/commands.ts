// Commands to one task or to many, asked for only after a question where they cannot be taken back.
import type { BulkResult, Task } from "bellwire";

import { isSure, isSureOf } from "../../kit/confirm.ts";
import { formatNumber } from "../../kit/format.ts";
import { actionMeaning, actionName, type AnyAction } from "../../kit/task-parts.ts";
import { toast, toastError } from "../../kit/toast.ts";
import { client } from "../../wire.ts";
import { type Key, t } from "../../words/words.ts";

export const BULK_ACTIONS: readonly AnyAction[] = ["pause", "resume", "cancel", "retry", "delete"];
const GRAVE: readonly AnyAction[] = ["stop", "cancel", "delete"];
const IDS_MAX = 1_000; // in one request

/** Those that are named, or all that match when the command arrives. */
export type Which = { ids: readonly string[] } | { filter: Record<string, unknown>; total: number };

export async function commandOne(action: AnyAction, task: Task): Promise<void> {
    if (!(await isSureOf(action, task))) return;
    try {
        if (action !== "delete") await client.task(task.id)[action]();
        else await client.http.open(`api/v1/tasks/${encodeURIComponent(task.id)}`, { method: "DELETE" });
    } catch (error) {
        toastError(error);
    }
}

/** Whether it was done: not when somebody thought better of it, or nothing came of it. */
export async function commandMany(action: AnyAction, which: Which): Promise<boolean> {
    const n = "ids" in which ? which.ids.length : which.total;
    const sure = t("sure.many", { action: actionName(action), n: formatNumber(n, 0) });
    if ((GRAVE.includes(action) || n > 100) && !(await isSure(sure, actionName(action), actionMeaning(action)))) return false;
    try {
        tell(action, await ask(action, which));
        return true;
    } catch (error) {
        toastError(error);
        return false;
    }
}

/** As many requests as it takes: the server has a limit for one, of ids and of time. */
async function ask(action: AnyAction, which: Which): Promise<BulkResult[]> {
    const results: BulkResult[] = [];
    if ("ids" in which) {
        for (let at = 0; at < which.ids.length; at += IDS_MAX)
            results.push(await client.bulk(action, { ids: which.ids.slice(at, at + IDS_MAX) }));
        return results;
    }
    const { filter } = which;
    let result = await client.bulk(action, { filter });
    results.push(result);
    while (result.next && (result.stopped === "limit" || result.stopped === "time")) {
        result = await client.bulk(action, { filter, page: result.next });
        results.push(result);
    }
    return results;
}

function tell(action: AnyAction, results: readonly BulkResult[]): void {
    const sum = (of: (result: BulkResult) => number): number => results.reduce((all, result) => all + of(result), 0);
    const accepted = sum((result) => result.accepted);
    const refused = sum((result) => Object.values(result.refused).reduce((a, b) => a + b, 0));
    const key: Key = refused > 0 ? "tasks.doneSome" : "tasks.done";
    const why = results.flatMap(({ errors }) => errors)[0]?.message;
    const text = t(key, { action: actionName(action), n: formatNumber(accepted, 0), refused: formatNumber(refused, 0) });
    toast(accepted === 0 && why ? `${text} ${why}` : text, accepted > 0 ? "success" : "error");
    const stopped = results.at(-1)?.stopped;
    if (stopped) toast(t("tasks.doneMore", { why: stopped }), "error");
}
