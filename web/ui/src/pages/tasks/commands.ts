// Commands to one task or to many, asked for only after a question where they cannot be taken back.
import type { Action, Task } from "bellwire";

import { isSure, isSureOf } from "../../kit/confirm.ts";
import { formatNumber } from "../../kit/format.ts";
import { actionName } from "../../kit/task-parts.ts";
import { toast, toastError } from "../../kit/toast.ts";
import { client } from "../../wire.ts";
import { type Key, t } from "../../words/words.ts";

export type BulkAction = Action | "delete";
export const BULK_ACTIONS: readonly BulkAction[] = ["pause", "resume", "cancel", "retry", "delete"];
const GRAVE: readonly BulkAction[] = ["stop", "cancel", "delete"];
const IDS_MAX = 1_000; // in one request

/** Those that are named, or all that match when the command arrives. */
export type Which = { ids: readonly string[] } | { filter: Record<string, unknown>; total: number };

interface Result {
    matched: number;
    accepted: number;
    refused: Record<string, number>;
    errors: readonly { id: string; message: string }[];
    more?: boolean;
}

export const nameOf = (action: BulkAction): string =>
    action === "delete" ? t("tasks.delete") : actionName(action);

export async function commandOne(action: BulkAction, task: Task): Promise<void> {
    if (!(await isSureOf(action, task))) return;
    try {
        if (action !== "delete") await client.task(task.id)[action]();
        else await client.http.open(`api/v1/tasks/${encodeURIComponent(task.id)}`, { method: "DELETE" });
    } catch (error) {
        toastError(error);
    }
}

/** Whether it was done: not when somebody thought better of it, or nothing came of it. */
export async function commandMany(action: BulkAction, which: Which): Promise<boolean> {
    const n = "ids" in which ? which.ids.length : which.total;
    const sure = t("sure.many", { action: nameOf(action), n: formatNumber(n, 0) });
    if ((GRAVE.includes(action) || n > 100) && !(await isSure(sure, nameOf(action)))) return false;
    try {
        const results: Result[] = [];
        if ("ids" in which) {
            for (let at = 0; at < n; at += IDS_MAX) results.push(await ask(action, { ids: which.ids.slice(at, at + IDS_MAX) }));
        } else {
            results.push(await ask(action, { filter: which.filter }));
        }
        tell(action, results);
        return true;
    } catch (error) {
        toastError(error);
        return false;
    }
}

async function ask(action: BulkAction, which: Record<string, unknown>): Promise<Result> {
    const { data } = await client.http.json<Result>("api/v1/tasks/bulk",
        { method: "POST", body: { action, ...which }, timeoutMs: 120_000 });
    return data;
}

function tell(action: BulkAction, results: readonly Result[]): void {
    const sum = (of: (result: Result) => number): number => results.reduce((all, result) => all + of(result), 0);
    const accepted = sum((result) => result.accepted);
    const refused = sum((result) => Object.values(result.refused).reduce((a, b) => a + b, 0));
    const key: Key = refused > 0 ? "tasks.doneSome" : "tasks.done";
    const why = results.flatMap(({ errors }) => errors)[0]?.message;
    const text = t(key, { action: nameOf(action), n: formatNumber(accepted, 0), refused: formatNumber(refused, 0) });
    toast(accepted === 0 && why ? `${text} ${why}` : text, accepted > 0 ? "success" : "error");
    if (results.some(({ more }) => more)) toast(t("tasks.doneMore"));
}
