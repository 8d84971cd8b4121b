// Reading tasks until they are answered, with pauses that grow.
import type { BellwireError } from "./error.ts";
import type { Answer, Http, Query } from "./http.ts";
import { backoff, pause } from "./settings.ts";
import type { Task } from "./types.ts";

/** A page of the list of tasks. */
export interface Page {
    items: Task[];
    total: number;
    next: string | null;
}

/**
 * Resolves with what the server says, or undefined when `signal` ended it. A failure is told to
 * `onFailure`; what that does not throw is asked again.
 */
export async function readTasks(
    http: Http, query: Query, pauses: readonly [number, number], signal: AbortSignal,
    onFailure?: (error: unknown) => void,
): Promise<Answer<Page> | undefined> {
    for (let attempt = 0; !signal.aborted; attempt++) {
        try {
            return await http.json<Page>("api/v1/tasks", { query, signal });
        } catch (error) {
            if (signal.aborted) break;
            onFailure?.(error);
            const { retryAfterMs } = error as Partial<BellwireError>;
            await pause(backoff(pauses, attempt) + (retryAfterMs ?? 0), signal);
        }
    }
    return undefined;
}
