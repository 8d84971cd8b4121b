// What a way of getting events is to the link that uses it, and the other way round.
import type { BellwireError } from "../error.ts";
import type { Http, Query } from "../http.ts";
import type { Scope } from "../link.ts";
import type { Timing } from "../settings.ts";
import type { Cursor, Filter, Frame } from "../types.ts";

export type TransportName = "websocket" | "sse" | "long-poll" | "poll";

/** One connection, or one series of requests; it is started once and does not come back. */
export interface Transport {
    start(): void;
    /** Somebody joined, left or changed a filter; `topic` is where. */
    update(topic: string, mustReplay: boolean): void;
    /** Nothing is said after this. */
    stop(): void;
}

/** The link, as a transport sees it. */
export interface Feed {
    readonly http: Http;
    readonly timing: Timing;
    readonly topics: readonly string[];
    /** Of one topic, where each has its own place. */
    filterOf(topic: string): Filter;
    afterOf(topic: string): Cursor | null;
    readonly scope: Scope;
    /** Of all topics, merged in the journal's order, where one place serves all. */
    query(): Query;
    take(frame: Frame): void;
    /** Merged topics: all of them have been served up to here. */
    advance(cursor: Cursor): void;
    reset(topic: string | undefined, reason: string, cursor: Cursor): void;
    refuse(topic: string, error: BellwireError): void;
}

/** What becomes of a transport. */
export interface Fate {
    /** It works; may be said again. */
    opened(): void;
    /** It does not, or not any more. */
    lost(error: unknown): void;
}
