// What an event makes of a task's row: the same as the server made of it, as far as the event tells.
import { seqOf } from "./cursor.ts";
import { type BellwireEvent, isFinal, type Task, type TaskError } from "./types.ts";

/** Names can be changed but not taken away: an empty one says nothing. */
const NAMES = ["type", "owner", "resource", "queue", "worker"] as const;
/** Texts that are empty are none. */
const TEXTS = ["title", "step", "current", "message"] as const;
const NUMBERS = ["total_units", "completed_units"] as const;
/** Taken as they are told. */
const STATE = ["status", "progress", "attempt", "retry_count", "params", "result", "metadata"] as const;

/** The task an event changed; null if it changed none: other events may be on the topic too. */
export function taskIdOf({ topic, event_type, data }: BellwireEvent): string | null {
    const id = data["id"] ?? data["task_id"];
    const isTold = event_type === "TASK_DELETED" ||
        (typeof data["attempt"] === "number" && typeof data["updated_at"] === "string");
    return topic === "system" && isTold && typeof id === "string" ? id : null;
}

/** Rows are never changed, only replaced. */
export function fold(before: Task, event: BellwireEvent): Task {
    const data = event.data as Partial<Task>;
    const updated_at = data.updated_at ?? event.timestamp;
    const row: Task = { ...before, seq: seqOf(event.cursor) };
    if ((data.attempt ?? 0) > before.attempt) startOver(row);
    for (const name of NAMES) if (data[name]) row[name] = data[name];
    for (const name of TEXTS) {
        if (typeof data[name] === "string") row[name] = data[name] || null;
    }
    if (typeof data.message !== "string" && event.message !== "") row.message = event.message;
    for (const name of NUMBERS) if (typeof data[name] === "number") row[name] = data[name];
    if ("error" in data) row.error = errorOf(data.error);
    for (const name of STATE) if (name in data) Object.assign(row, { [name]: data[name] });
    // Absent means unknown now, not unchanged.
    row.rate = data.rate ?? null;
    row.eta_s = data.eta_s ?? null;
    row.updated_at = updated_at;
    if (row.status === "running") row.started_at ??= updated_at;
    if (isFinal(row.status)) row.finished_at = updated_at;
    return row;
}

/** Whatever the attempt before had reached. */
function startOver(row: Task): void {
    row.completed_units = row.message = row.step = row.current = null;
    row.error = row.started_at = row.finished_at = null;
    delete row.result;
}

function errorOf(error: unknown): TaskError | null {
    const { type, message } =
        (typeof error === "string" ? { message: error } : error ?? {}) as Partial<TaskError>;
    return type || message ? { type: type || null, message: message || null } : null;
}
