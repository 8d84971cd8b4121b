// One connection and the subscriptions it carries.
//
// DESIGN. Every subscription has its own place; the connection asks from the earliest of them, and
// each takes only what lies beyond its own. So a subscription can join a connection that is live,
// and a transport can take over from another, without anything missing or coming twice. What the
// server filters is what all of them together want; each one filters once more for itself. Only
// owner and resource cannot be seen in an event, so subscriptions that differ in these, in how they
// want to catch up, or that begin at the beginning, are on links of their own.
import { earliest } from "./cursor.ts";
import type { BellwireError } from "./error.ts";
import type { Http, Query } from "./http.ts";
import { Ladder, type Rung } from "./ladder.ts";
import { pause, type Timing } from "./settings.ts";
import {
    type Carrier, type EventHandler, listOf, type SubscribeOptions, Subscription,
} from "./subscription.ts";
import type { Feed } from "./transports/transport.ts";
import type { Cursor, Filter, Frame } from "./types.ts";

/** Longer lists are filtered here: the server takes 1000 values, and an address 32 KiB in all. */
const VALUES_MAX = 200;

/** What the subscriptions of a link have in common. */
export interface Scope {
    filter: { [name in "owner" | "resource"]: readonly string[] | undefined };
    catchup: "conflate" | "replay";
    isFromOldest: boolean;
}

export const scopeOf = (topic: string, { filter, catchup, after }: SubscribeOptions): Scope => ({
    filter: { owner: listOf(filter?.owner), resource: listOf(filter?.resource) },
    catchup: topic === "system" && catchup || "replay", // only tasks have rows
    isFromOldest: after === "oldest",
});

export class Link implements Feed, Carrier {
    readonly http: Http;
    readonly timing: Timing;
    readonly ladder: Ladder;
    readonly scope: Scope;
    readonly #subscriptions = new Set<Subscription>();
    readonly #onIdle: () => void;
    readonly #life = new AbortController();
    #placing: Promise<void> | null = null;
    #idle: ReturnType<typeof setTimeout> | undefined;

    constructor(
        http: Http, timing: Timing, scope: Scope,
        rungs: (feed: Feed) => readonly Rung[], onState: () => void, onIdle: () => void,
    ) {
        this.http = http;
        this.timing = timing;
        this.scope = scope;
        this.#onIdle = onIdle;
        this.ladder = new Ladder(rungs(this), timing, () => this.#place(), onState);
    }

    // --- Subscriptions ------------------------------------------------------------------------

    add(topic: string, options: SubscribeOptions, handler: EventHandler): Subscription {
        const subscription = new Subscription(topic, options, handler, this);
        clearTimeout(this.#idle);
        this.#subscriptions.add(subscription);
        if (subscription.cursor !== null) this.#update(topic, true);
        else this.#placeSoon();
        if (!this.ladder.transport) void this.ladder.climb();
        return subscription;
    }

    changed({ topic }: Subscription): void {
        this.#update(topic, false);
    }

    remove(subscription: Subscription): void {
        this.#subscriptions.delete(subscription);
        this.#update(subscription.topic, false);
        if (this.#subscriptions.size === 0) {
            this.#idle = setTimeout(this.#onIdle, this.timing.lingerMs);
        }
    }

    close(): void {
        this.ladder.close();
        for (const subscription of this.#subscriptions) subscription.unsubscribe();
        this.#life.abort();
        clearTimeout(this.#idle);
    }

    #update(topic: string, mustReplay: boolean): void {
        for (const transport of this.ladder.active) transport.update(topic, mustReplay);
    }

    /** Asks where "now" is for those who begin there. One question at a time. */
    #place(): Promise<void> {
        this.#placing ??= this.#askForPlaces().finally(() => (this.#placing = null));
        return this.#placing;
    }

    async #askForPlaces(): Promise<void> {
        for (;;) {
            await null; // whoever subscribes in one go is asked for in one go
            const waiting = this.#waiting();
            if (waiting.length === 0) return;
            const topics = topicsOf(waiting);
            const { cursor } = await this.http.json("api/v1/events",
                { query: { topic: topics, after: "latest", limit: 1 }, signal: this.#life.signal });
            for (const subscription of waiting) subscription.place(cursor);
            for (const topic of topics) this.#update(topic, true);
        }
    }

    /** The ladder asks too, but only when it climbs. */
    #placeSoon(): void {
        this.#place().catch(() => pause(this.timing.backoffMs[1], this.#life.signal)
            .then(() => this.#placeSoon()));
    }

    #waiting(): Subscription[] {
        return [...this.#subscriptions].filter(({ cursor }) => cursor === null);
    }

    // --- What transports ask --------------------------------------------------------------------

    get topics(): readonly string[] {
        return topicsOf(this.#placed());
    }

    filterOf(topic: string): Filter {
        return { ...this.scope.filter, ...wantsOf(this.#placed(topic)) };
    }

    afterOf(topic: string): Cursor | null {
        return earliest(this.#placed(topic));
    }

    query(): Query {
        const those = this.#placed();
        return {
            topic: this.topics.join(","),
            after: earliest(those),
            ...wantsOf(those), ...this.scope.filter,
        };
    }

    // --- What transports tell -------------------------------------------------------------------

    take(frame: Frame): void {
        if (frame.type === "event" || frame.type === "conflated") {
            this.#placed(frame.topic).forEach((subscription) => subscription.take(frame));
        }
    }

    advance(cursor: Cursor): void {
        this.#placed().forEach((subscription) => subscription.advance(cursor));
    }

    reset(topic: string | undefined, reason: string, cursor: Cursor): void {
        this.#placed(topic).forEach((subscription) => subscription.reset(reason, cursor));
    }

    refuse(topic: string, error: BellwireError): void {
        this.#placed(topic).forEach((subscription) => subscription.refuse(error));
    }

    /** Those that know where they are, of one topic or of all. */
    #placed(topic?: string): Subscription[] {
        return [...this.#subscriptions].filter((subscription) =>
            subscription.cursor !== null && (topic ?? subscription.topic) === subscription.topic);
    }
}

const topicsOf = (those: readonly Subscription[]): string[] => [...new Set(those.map(({ topic }) => topic))];

/** What all of them together want. */
const wantsOf = (those: readonly Subscription[]): { [name in "task_id" | "event_types"]?: string[] } =>
    ({ ...union(those, "task_id"), ...union(those, "event_types") });

/** Nothing (which is everything) as soon as one wants everything, or all together want much. */
function union<Name extends "task_id" | "event_types">(
    those: readonly Subscription[], name: Name,
): { [name in Name]?: string[] } {
    const values = new Set<string>();
    for (const { filter } of those) {
        const list = listOf(filter[name]);
        if (!list) return {};
        for (const value of list) values.add(value);
    }
    return values.size <= VALUES_MAX ? { [name]: [...values].sort() } as { [name in Name]?: string[] } : {};
}
