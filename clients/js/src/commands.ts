// Commands: asked for here, carried out by the worker that has the task, seen in the task's status.
import { BellwireError } from "./error.ts";
import { taskIdOf } from "./fold.ts";
import type { Http } from "./http.ts";
import type { Source } from "./rows.ts";
import type { Action, BellwireEvent, Cursor, Task, TaskQuery } from "./types.ts";

/** A bulk command may take half of it. */
const TIMEOUT_MS = 60_000;

/** Which tasks a bulk command is for. */
export type Command =
    | { ids: readonly string[] }
    | { filter: Omit<TaskQuery, "sort" | "limit">; page?: string };

/** A command that is journaled. */
export interface Commanded {
    id: string;
    action: Action;
    /** The id of its event. */
    command_id: string;
    /** `done`: nobody works on the task, which has changed. `asked`: its worker answers. */
    effect: "asked" | "done";
    /** Where it is in the journal: its answer comes after this. */
    cursor: Cursor;
}

/** How a command ended. */
export interface Outcome {
    /**
     * `confirmed` by the task's status, `refused` by its worker, `unanswered` in the time there is for it,
     * `replaced` by another command, or `deleted` with the task.
     */
    outcome: "confirmed" | "refused" | "unanswered" | "replaced" | "deleted";
    /** For people: why, where somebody said so. */
    message: string;
}

/** What the server says became of a bulk command. */
export interface BulkResult {
    action: string;
    matched: number;
    accepted: number;
    /** Of the accepted, those that have changed already. */
    done: number;
    /** How many, by code. */
    refused: Record<string, number>;
    /** The first hundred that were refused. */
    errors: { id: string; code: string; message: string }[];
    /** It did not come to the end: go on with `page: next`. */
    more: boolean;
    stopped: string | null;
    next: string | null;
    /** Behind the last of them; null if there is none. */
    cursor: Cursor | null;
}

/** One task of the server. Making one asks for nothing. */
export class TaskHandle {
    readonly id: string;
    readonly #source: Source;

    /** @internal */
    constructor(source: Source, id: string) {
        this.#source = source;
        this.id = id;
    }

    /** The whole task, with params, result and metadata. */
    async get(signal?: AbortSignal): Promise<Task> {
        return (await this.#source.http.json<Task>(this.#path, { signal })).data;
    }

    /** Resolves when the command is journaled; `answer` waits for what becomes of it. */
    start(reason?: string): Promise<Commanded> {
        return this.#command("start", reason);
    }

    /** As `start`. */
    pause(reason?: string): Promise<Commanded> {
        return this.#command("pause", reason);
    }

    /** As `start`. */
    resume(reason?: string): Promise<Commanded> {
        return this.#command("resume", reason);
    }

    /** As `start`. */
    stop(reason?: string): Promise<Commanded> {
        return this.#command("stop", reason);
    }

    /** As `start`. */
    cancel(reason?: string): Promise<Commanded> {
        return this.#command("cancel", reason);
    }

    /** As `start`. */
    retry(reason?: string): Promise<Commanded> {
        return this.#command("retry", reason);
    }

    /** Waits for what becomes of a command, whatever happens to the connection meanwhile. */
    answer({ command_id, cursor }: Commanded): Promise<Outcome> {
        return new Promise((resolve, reject) => {
            const subscription = this.#source.subscribe("system", {
                filter: { task_id: this.id }, after: cursor, onError: reject,
                // What was said meanwhile is not kept any more.
                onReset: (reason) => subscription.refuse(new BellwireError("reset", reason)),
            }, (event) => {
                const outcome = taskIdOf(event) && outcomeOf(event, command_id);
                if (!outcome) return;
                subscription.unsubscribe();
                resolve({ outcome, message: event.message });
            });
        });
    }

    #command(action: Action, reason?: string): Promise<Commanded> {
        return command(this.#source.http, `${this.#path}/${action}`, { reason }, `${action} ${this.id}`);
    }

    get #path(): string {
        return `api/v1/tasks/${encodeURIComponent(this.id)}`;
    }
}

/** What an event behind a command says of it; null when that is nothing. */
function outcomeOf({ event_type, data }: BellwireEvent, id: string): Outcome["outcome"] | null {
    if ((data["command_id"] ?? id) !== id) return "replaced";
    const [, end] = /^TASK_(?:COMMAND_)?(DELETED|REFUSED|UNANSWERED)$/.exec(event_type) ?? [];
    return end ? end.toLowerCase() as Outcome["outcome"] : data["command"] ? null : "confirmed";
}

/** A command, and what to say in an error that it was. */
export async function command<T>(
    http: Http, path: string, body: unknown, what: string,
): Promise<T> {
    try {
        const { data, cursor } = await http.json<T>(path, { method: "POST", body, timeoutMs: TIMEOUT_MS });
        return { ...data, cursor };
    } catch (error) {
        if (error instanceof BellwireError) error.message = `${what}: ${error.message}`;
        throw error;
    }
}
