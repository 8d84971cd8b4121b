// What goes over the wire, as docs/http.md describes it.

/** A task's state; the last four are final within an attempt. */
export type Status =
    "pending" | "running" | "paused" | "completed" | "failed" | "cancelled" | "timeout";

/** A place in the server's journal: `<epoch>.<seq>`. Keep it, hand it back, do not look inside. */
export type Cursor = string;

/** Why a task failed. */
export interface TaskError {
    type: string | null;
    message: string | null;
    /** Only where the whole task was asked for. */
    trace?: string | null;
}

/** A row of the task table. Times are RFC 3339 in UTC; what is not known is null. */
export interface Task {
    id: string;
    type: string | null;
    title: string | null;
    status: Status;
    /** 0 to 100. */
    progress: number;
    message: string | null;
    step: string | null;
    current: string | null;
    total_units: number | null;
    completed_units: number | null;
    /** Units (or per cent, where there are no units) per second. */
    rate: number | null;
    /** Seconds left, as the server estimates them. */
    eta_s: number | null;
    owner: string | null;
    resource: string | null;
    queue: string | null;
    worker: string | null;
    /** 1 for the first; a retry adds 1. */
    attempt: number;
    retry_count: number;
    error: TaskError | null;
    /** What was asked of its worker and is not answered yet, and since when. */
    command: Action | null;
    command_at: string | null;
    created_at: string | null;
    started_at: string | null;
    updated_at: string | null;
    finished_at: string | null;
    /** The event that changed the row last: its version. */
    seq: number;
    /** Lists leave out the documents `params`, `result` and `metadata`; `task(id).get()` has them. */
    params?: unknown;
    result?: unknown;
    metadata?: unknown;
}

/** One event of a topic. For task events `data` is what the producer sent and the row's state. */
export interface BellwireEvent {
    type: "event";
    topic: string;
    event_type: string;
    message: string;
    data: Record<string, unknown>;
    source?: string;
    timestamp: string;
    cursor: Cursor;
    id: string;
}

/** Which events are wanted: all that is given must match. */
export interface Filter {
    task_id?: string | readonly string[];
    owner?: string | readonly string[];
    resource?: string | readonly string[];
    event_types?: string | readonly string[];
}

/** Which tasks a list holds: all that is given must match. */
export interface TaskQuery {
    id?: string | readonly string[];
    status?: Status | readonly Status[];
    type?: string | readonly string[];
    owner?: string | readonly string[];
    resource?: string | readonly string[];
    queue?: string | readonly string[];
    /** A part of the title or the id. */
    q?: string;
    /** `-updated_at` if left out: newest first. */
    sort?: "updated_at" | "-updated_at" | "created_at" | "-created_at";
    /** How many rows at most; 50 if left out. `Infinity` holds a copy of all that match. */
    limit?: number;
}

/** What can be done to a task. */
export type Action = "start" | "pause" | "resume" | "stop" | "cancel" | "retry";

/** In place of events: the tasks that were deleted, and then the latest row of each that changed. */
export interface Conflated {
    type: "conflated";
    topic: string;
    deleted?: string[];
    tasks: Task[];
    cursor: Cursor;
}

/** What a stream says, in WebSocket frames and in the data of server-sent events. */
export type Frame =
    | BellwireEvent
    | { type: "connected" }
    | { type: "subscribed"; topic: string; recovered: boolean; cursor: Cursor }
    | Conflated
    | { type: "reset"; topic: string; reason: string; cursor?: Cursor }
    | { type: "error"; code: string; message: string; topic?: string; field?: string }
    | { type: "snapshot"; topic: string }
    | { type: "unsubscribed"; topic: string }
    | { type: "pong" };

/** Whether nothing changes in this state any more, but by another attempt. */
export const isFinal = (status: Status): boolean =>
    status !== "pending" && status !== "running" && status !== "paused";
