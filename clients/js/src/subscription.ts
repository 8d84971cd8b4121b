// One caller's interest in a topic, and its place there.
import { isAhead, isOtherEpoch } from "./cursor.ts";
import { type BellwireError, guarded } from "./error.ts";
import { subjectOf } from "./fold.ts";
import type { BellwireEvent, Conflated, Cursor, Filter, Task } from "./types.ts";

export interface SubscribeOptions {
    /** Without it: every event of the topic. */
    filter?: Filter;
    /** A cursor to go on after, or "oldest". Without it: from now on. */
    after?: Cursor;
    /**
     * What is sent to a client that is far behind: every event (`replay`), or for topic `system`
     * the latest row of each task that changed (`conflate`), to `onTasks`.
     */
    catchup?: "replay" | "conflate";
    /**
     * Rows as they are now, in place of the events that led to them. The tasks of `deleted` are to be
     * taken away first: one that was made again is in both.
     */
    onTasks?: (tasks: readonly Task[], deleted: readonly string[]) => void;
    /**
     * The place cannot be served any more: another journal (`epoch`), older than what is kept
     * (`retention`), beyond its end (`ahead`), or too far behind to be polled (`behind`). Events go
     * on from the new cursor; what is known from before has to be read anew.
     */
    onReset?: (reason: string) => void;
    /** The server refuses the subscription; it is over. */
    onError?: ((error: BellwireError) => void) | undefined;
}

export type EventHandler = (event: BellwireEvent) => void;

/** What a subscription tells the connection that carries it. */
export interface Carrier {
    changed(subscription: Subscription): void;
    remove(subscription: Subscription): void;
}

/** Made by `client.subscribe`. */
export class Subscription {
    readonly topic: string;
    readonly options: Readonly<SubscribeOptions>;
    /** Resolves when the place from which nothing will be missed is known. */
    readonly ready: Promise<void>;
    #cursor: Cursor | null = null;
    #filter: Filter;
    #taskIds: ReadonlySet<string> | undefined;
    #types: ReadonlySet<string> | undefined;
    readonly #handler: EventHandler;
    readonly #carrier: Carrier;
    #setReady!: () => void;
    #isClosed = false;

    constructor(
        topic: string, options: SubscribeOptions, handler: EventHandler, carrier: Carrier,
    ) {
        this.topic = topic;
        this.options = options;
        this.#handler = handler;
        this.#carrier = carrier;
        this.ready = new Promise((resolve) => (this.#setReady = resolve));
        this.#filter = options.filter ?? {};
        this.#readFilter();
        if ((options.after ?? "latest") !== "latest") this.place(options.after!);
    }

    /** Everything up to here was handled; null until it is known where "now" is. */
    get cursor(): Cursor | null {
        return this.#cursor;
    }

    get filter(): Filter {
        return this.#filter;
    }

    /** Other tasks or event types from here on; the owner and resource stay. */
    setFilter(filter: Pick<Filter, "task_id" | "event_types">): void {
        const { owner, resource } = this.#filter;
        this.#filter = { owner, resource, ...filter };
        this.#readFilter();
        if (!this.#isClosed) this.#carrier.changed(this);
    }

    unsubscribe(): void {
        if (this.#isClosed) return;
        this.#isClosed = true;
        this.#carrier.remove(this);
    }

    // --- For the connection ------------------------------------------------------------------

    /** @internal */
    place(cursor: Cursor): void {
        this.#cursor = cursor;
        this.#setReady();
    }

    /** @internal Nothing before this concerns it any more. */
    advance(cursor: Cursor): void {
        if (isAhead(cursor, this.#cursor)) this.#cursor = cursor;
    }

    /** @internal */
    take(event: BellwireEvent | Conflated): void {
        if (this.#isClosed || !isAhead(event.cursor, this.#cursor)) return;
        if (isOtherEpoch(event.cursor, this.#cursor!)) this.reset("epoch", event.cursor);
        this.#cursor = event.cursor;
        if (event.type === "conflated") {
            guarded(() => this.options.onTasks?.(event.tasks, event.deleted ?? []));
        } else if (this.#wants(event)) {
            guarded(() => this.#handler(event));
        }
    }

    /** @internal */
    reset(reason: string, cursor: Cursor): void {
        this.#cursor = cursor;
        if (!this.#isClosed) guarded(() => this.options.onReset?.(reason));
    }

    /** @internal */
    refuse(error: BellwireError): void {
        if (this.#isClosed) return;
        this.unsubscribe();
        const { onError } = this.options;
        guarded(() => {
            if (!onError) throw error;
            onError(error);
        });
    }

    #readFilter(): void {
        this.#taskIds = setOf(this.#filter.task_id);
        this.#types = setOf(this.#filter.event_types);
    }

    /** The server filters too, but for everybody on the connection together. */
    #wants(event: BellwireEvent): boolean {
        return (this.#types?.has(event.event_type) ?? true) &&
            (this.#taskIds?.has(String(subjectOf(event))) ?? true);
    }
}

export const listOf = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
    typeof value === "string" ? [value] : value;

/** What the server would refuse is an error of the caller: others' subscriptions go the same way. */
const setOf = (value: string | readonly string[] | undefined): ReadonlySet<string> | undefined => {
    const list = listOf(value);
    if (list && !(list.length > 0 && list.every(isName))) throw new TypeError(`no filter: ${list}`);
    return list && new Set(list);
};

/** Whether something can be called so. */
export const isName = (name: string): boolean =>
    name !== "" && new TextEncoder().encode(name).length <= NAME_MAX_BYTES;

const NAME_MAX_BYTES = 128;
