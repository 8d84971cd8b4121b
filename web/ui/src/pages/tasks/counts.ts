// How many tasks there are of each status: read again after changes, but not often.
import type { Status } from "bellwire";

import { client } from "../../wire.ts";

const READ_MS = 2_000;
type Values = Partial<Record<Status, number>>;

export class Counts {
    values: Values = {};
    readonly #onChange: () => void;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #readAt = -Infinity;
    #isClosed = false;

    constructor(onChange: () => void) {
        this.#onChange = onChange;
    }

    readSoon(): void {
        this.#timer ??= setTimeout(() => void this.#read(), Math.max(0, this.#readAt + READ_MS - performance.now()));
    }

    close(): void {
        this.#isClosed = true;
        clearTimeout(this.#timer);
    }

    async #read(): Promise<void> {
        try {
            const { data } = await client.http.json<{ tasks: Values }>("api/v1/stats");
            if (this.#isClosed) return;
            this.values = data.tasks;
            this.#onChange();
        } catch {
            // The list says what is wrong; the counts come with the next change.
        }
        this.#readAt = performance.now();
        this.#timer = undefined;
    }
}
