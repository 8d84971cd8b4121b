// Commands: asked for here, carried out by the worker that has the task, seen in the task's status.
import { BellwireError } from "./error.ts";
import type { Http } from "./http.ts";
import type { Action, Task, TaskQuery } from "./types.ts";

/** Which tasks a bulk command is for. */
export type Command =
    | { ids: readonly string[] }
    | { filter: Omit<TaskQuery, "sort" | "limit"> };

/** What the server says became of a bulk command. */
export type BulkResult = Record<string, unknown>;

/** One task of the server. Making one asks for nothing. */
export class TaskHandle {
    readonly id: string;
    readonly #http: Http;

    constructor(http: Http, id: string) {
        this.#http = http;
        this.id = id;
    }

    /** The whole task, with params, result and metadata. */
    async get(signal?: AbortSignal): Promise<Task> {
        return (await this.#http.json<Task>(this.#path, { signal })).data;
    }

    /** Resolves when the command is journaled; the task's status says when it was obeyed. */
    start(): Promise<Record<string, unknown>> {
        return this.#command("start");
    }

    /** As `start`. */
    pause(): Promise<Record<string, unknown>> {
        return this.#command("pause");
    }

    /** As `start`. */
    resume(): Promise<Record<string, unknown>> {
        return this.#command("resume");
    }

    /** As `start`. */
    stop(): Promise<Record<string, unknown>> {
        return this.#command("stop");
    }

    /** As `start`. */
    cancel(): Promise<Record<string, unknown>> {
        return this.#command("cancel");
    }

    /** As `start`. */
    retry(): Promise<Record<string, unknown>> {
        return this.#command("retry");
    }

    #command(action: Action): Promise<Record<string, unknown>> {
        return command(this.#http, `${this.#path}/${action}`, undefined, `${action} ${this.id}`);
    }

    get #path(): string {
        return `api/v1/tasks/${encodeURIComponent(this.id)}`;
    }
}

/** A command, and what to say in an error that it was. */
export async function command(
    http: Http, path: string, body: unknown, what: string,
): Promise<Record<string, unknown>> {
    try {
        return (await http.json<Record<string, unknown>>(path, { method: "POST", body })).data;
    } catch (error) {
        if (!(error instanceof BellwireError)) throw error;
        const { status, field } = error;
        const cannot = status === 501 || status === 405;
        const why = cannot ? "this server does not take commands"
            : status === 404 ? `no such task, or no commands here: ${error.message}` : error.message;
        throw new BellwireError(cannot ? "unsupported" : error.code, `${what}: ${why}`,
            { status, field, cause: error });
    }
}
