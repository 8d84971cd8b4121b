// What an event makes of a task's row: the same as the server made of it, as far as the event tells.
import { seqOf } from "./cursor.ts";
import { type BellwireEvent, isFinal, type Task, type TaskError } from "./types.ts";

/** What can be changed but not taken away: an empty name says nothing. */
const LASTING = ["type", "owner", "resource", "queue", "worker", "total_units", "completed_units"] as const;
/** Texts that are empty are none. */
const TEXTS = ["title", "step", "current", "message"] as const;
/** Taken as they are told. */
const STATE = ["status", "progress", "attempt", "retry_count", "params", "result", "metadata"] as const;

/** The id of the task an event speaks of, if it speaks of one. */
export const subjectOf = ({ topic, data }: BellwireEvent): unknown =>
    topic === "system" ? data["id"] ?? data["task_id"] : data["task_id"] ?? data["id"];

/** The task an event changed; null if it changed none: other events may be on the topic too. */
export function taskIdOf(event: BellwireEvent): string | null {
    const { topic, event_type, data } = event;
    const id = subjectOf(event);
    const isTold = event_type === "TASK_DELETED" ||
        (typeof data["attempt"] === "number" && typeof data["updated_at"] === "string");
    return topic === "system" && isTold && typeof id === "string" ? id : null;
}

/** Commands asked, refused, unanswered: nothing else of the row changes by them. */
function isOfCommand({ event_type, data }: BellwireEvent): boolean {
    return event_type.startsWith("TASK_COMMAND_") || (event_type === "TASK_UPDATED" && "command_id" in data);
}

/** Rows are never changed, only replaced. */
export function fold(before: Task, event: BellwireEvent): Task {
    const data = event.data as Partial<Task>;
    const updated_at = data.updated_at ?? event.timestamp;
    const row: Task = {
        ...before, seq: seqOf(event.cursor), updated_at,
        // Absent means none.
        command: data.command ?? null, command_at: data.command_at ?? null,
    };
    if (isOfCommand(event)) return row;
    if ((data.attempt ?? 0) > before.attempt) startOver(row);
    for (const name of LASTING) {
        if (data[name] || data[name] === 0) Object.assign(row, { [name]: data[name] });
    }
    for (const name of TEXTS) {
        if (typeof data[name] === "string") row[name] = data[name] || null;
    }
    if (typeof data.message !== "string" && event.message !== "") row.message = event.message;
    if ("error" in data) row.error = errorOf(data.error);
    for (const name of STATE) if (name in data) Object.assign(row, { [name]: data[name] });
    // Absent means unknown now, not unchanged.
    row.rate = data.rate ?? null;
    row.eta_s = data.eta_s ?? null;
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
