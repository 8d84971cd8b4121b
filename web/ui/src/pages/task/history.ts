// What happened to one task, from its events: the moments for the timeline, the points for the chart.
import type { BellwireEvent, Cursor, Subscription } from "bellwire";

import { askAgain } from "../../kit/again.ts";
import { client } from "../../wire.ts";
import { Line } from "./line.ts";

const PAGE = 1000;
const EVENTS_MAX = 10_000; // what a page reads of the past; the live ones come on top

export interface Moment {
    readonly at: number; // ms
    readonly event: BellwireEvent;
}

/** Whether it belongs into the timeline: everything but what only moves the progress. */
export function isMoment(event: BellwireEvent, before: BellwireEvent | undefined): boolean {
    const { data } = event;
    if (event.event_type !== "TASK_UPDATED" || data["command"]) return true;
    return data["status"] !== before?.data["status"] || data["attempt"] !== before?.data["attempt"];
}

export class History {
    readonly moments: Moment[] = [];
    readonly progress = new Line();
    isCut = false;
    n = 0;
    #last: BellwireEvent | undefined;
    #subscription: Subscription | null = null;
    #load = new AbortController();
    #frame = 0;
    readonly #changed: () => void;

    constructor(changed: () => void) {
        this.#changed = changed;
    }

    open(id: string): void {
        this.#load = new AbortController();
        void this.#read(id, this.#load.signal, "oldest");
    }

    close(): void {
        this.#load.abort();
        this.#subscription?.unsubscribe();
        this.#subscription = null;
        cancelAnimationFrame(this.#frame);
        this.#frame = 0;
        this.#clear();
    }

    #clear(): void {
        this.moments.length = this.n = 0;
        this.progress.clear();
        this.isCut = false;
        this.#last = undefined;
    }

    /** The past page by page; then live from where that ended, so nothing is missed and nothing is twice. */
    async #read(id: string, signal: AbortSignal, begin: Cursor): Promise<void> {
        let after = begin, more = true;
        try {
            while (more && this.n < EVENTS_MAX) {
                const answer = await client.http.json<{ events: BellwireEvent[]; more: boolean }>(
                    `api/v1/tasks/${encodeURIComponent(id)}/events`, { query: { after, limit: PAGE }, signal });
                for (const event of answer.data.events) this.#take(event);
                more = answer.data.more;
                after = answer.cursor;
                this.#draw();
            }
        } catch (error) {
            if (signal.aborted) return;
            if (askAgain(error, () => signal.aborted || void this.#read(id, signal, after))) return;
            console.error(error);
        }
        this.isCut = more && this.n >= EVENTS_MAX;
        this.#subscription = client.subscribe("system", {
            filter: { task_id: id },
            ...(this.isCut || after === "oldest" ? {} : { after }),
            onReset: () => {
                this.close();
                this.open(id);
            },
        }, (event) => {
            this.#take(event);
            this.#draw();
        });
    }

    #take(event: BellwireEvent): void {
        const at = Date.parse(event.timestamp);
        if (isMoment(event, this.#last)) this.moments.push({ at, event });
        const progress = event.data["progress"];
        if (typeof progress === "number") this.progress.push(at / 1000, progress);
        this.#last = event;
        this.n++;
    }

    /** At most once per frame, however many events come. */
    #draw(): void {
        this.#frame ||= requestAnimationFrame(() => {
            this.#frame = 0;
            this.#changed();
        });
    }
}
