// The latest known row of each task.
//
// DESIGN. Every row carries `seq`, the event that changed it last. Answers and events may overtake
// each other; whatever is not newer than the row is ignored, so nothing ever goes backwards. A
// deleted task leaves its seq behind for a while, so that a late answer does not bring it back. Of a
// task first heard of by an event only a part is known: its events are kept until its row was read,
// and put on top of it.
import { epochOf, seqOf } from "./cursor.ts";
import { fold, taskIdOf } from "./fold.ts";
import type { Http } from "./http.ts";
import type { EventHandler, SubscribeOptions, Subscription } from "./subscription.ts";
import type { BellwireEvent, Filter, Task } from "./types.ts";

const TASKS_MAX = 10_000; // that were deleted, or that wait for their rows …
const EVENTS_MAX = 100; // … with so many events of each

/** What the rows need of the client. */
export interface Source {
    readonly http: Http;
    subscribe(topic: string, options: SubscribeOptions, handler: EventHandler): Subscription;
}

/** `row` is null when the task is gone. */
export type RowListener = (id: string, row: Task | null) => void;

export class Rows {
    /** Null: there is no such task. */
    readonly #rows = new Map<string, Task | null>();
    /** Of tasks whose rows are not known. */
    readonly #heard = new Map<string, BellwireEvent[]>();
    readonly #deleted = new Map<string, number>();
    readonly #onChange: RowListener;
    readonly #onHeard: (id: string) => void;
    #epoch: string | null = null;

    /** `onHeard`: there is a task whose row has to be read. */
    constructor(onChange: RowListener, onHeard: (id: string) => void) {
        this.#onChange = onChange;
        this.#onHeard = onHeard;
    }

    /**
     * Keeps the tasks that match up to date. `read` is called when the place is known from which
     * events go on, and whenever that begins anew: the rows are to be read then.
     */
    follow(
        source: Source, filter: Filter, read: () => void, onError?: (error: unknown) => void,
    ): Subscription {
        const begin = (reason?: string): void => {
            const epoch = epochOf(subscription.cursor!);
            if (reason === "ahead" || this.#epoch !== epoch) this.#rewind();
            this.#epoch = epoch;
            read();
        };
        const subscription = source.subscribe("system", {
            filter, catchup: "conflate", onReset: begin, onError,
            onTasks: (tasks, deleted) => {
                // Without a seq to leave behind: it may be among the tasks again.
                for (const id of deleted) this.#set(id, null);
                for (const task of tasks) this.put(task);
            },
        }, (event) => this.apply(event));
        void subscription.ready.then(() => begin());
        return subscription;
    }

    get size(): number {
        return this.#rows.size;
    }

    get(id: string): Task | null | undefined {
        return this.#rows.get(id);
    }

    ids(): IterableIterator<string> {
        return this.#rows.keys();
    }

    /** A row as REST or a conflated frame gives it. */
    put(row: Task): void {
        if ((this.#deleted.get(row.id) ?? -1) >= row.seq) return;
        const events = this.#heard.get(row.id) ?? [];
        // Of too many the first ones were not kept: this row may not reach up to the rest.
        if (events.length === EVENTS_MAX && row.seq < seqOf(events[0]!.cursor)) {
            this.#onHeard(row.id);
        } else if ((this.#rows.get(row.id)?.seq ?? -1) < row.seq) {
            this.#set(row.id, events.filter(({ cursor }) => seqOf(cursor) > row.seq).reduce(fold, row));
        }
    }

    apply(event: BellwireEvent): void {
        const id = taskIdOf(event);
        if (id === null) return;
        const before = this.#rows.get(id);
        const seq = seqOf(event.cursor);
        if ((before?.seq ?? -1) >= seq || (this.#deleted.get(id) ?? -1) >= seq) return;
        if (event.event_type === "TASK_DELETED") this.remove(id, seq);
        else if (before) this.#set(id, fold(before, event));
        else this.#hear(id, event);
    }

    #hear(id: string, event: BellwireEvent): void {
        const events = this.#heard.get(id) ?? [];
        events.push(event);
        if (events.length > EVENTS_MAX) events.shift();
        this.#heard.set(id, events);
        cut(this.#heard, TASKS_MAX);
        this.#onHeard(id);
    }

    /** The task is known not to be there as of `seq`. */
    remove(id: string, seq: number): void {
        if ((this.#rows.get(id)?.seq ?? -1) > seq) return;
        this.#deleted.delete(id);
        this.#deleted.set(id, seq);
        cut(this.#deleted, TASKS_MAX);
        this.#set(id, null);
    }

    /** Nobody looks at it any more; it may well be there. */
    forget(id: string): void {
        this.#rows.delete(id);
        this.#heard.delete(id);
    }

    /** In another journal, or one restored from a copy, what is read now is true, whatever its seq. */
    #rewind(): void {
        this.#heard.clear();
        this.#deleted.clear();
        for (const [id, row] of this.#rows) this.#rows.set(id, row && { ...row, seq: 0 });
    }

    #set(id: string, row: Task | null): void {
        this.#heard.delete(id);
        this.#rows.set(id, row);
        this.#onChange(id, row);
    }
}

/** Leaves the latest. */
function cut(map: Map<string, unknown>, max: number): void {
    for (const key of map.keys()) {
        if (map.size <= max) break;
        map.delete(key);
    }
}
