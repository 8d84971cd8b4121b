// What SSE and polling have in common: one request at a time that asks for all topics at once, merged
// in the journal's order, and is made anew when it no longer asks for what is wanted.
import { BellwireError } from "../error.ts";
import type { Query } from "../http.ts";
import type { Fate, Feed, Transport } from "./transport.ts";

export abstract class Requests implements Transport {
    protected readonly feed: Feed;
    protected readonly fate: Fate;
    #life = new AbortController();
    #asked = "";

    constructor(feed: Feed, fate: Fate) {
        this.feed = feed;
        this.fate = fate;
    }

    /** Asks until `signal` ends it; whatever is thrown before is the end of the transport. */
    protected abstract ask(signal: AbortSignal): Promise<void>;

    start(): void {
        const life = new AbortController();
        this.#life = life;
        if (this.query()["topic"] === "") return this.fate.opened(); // nobody wants anything
        this.ask(life.signal).catch((error: unknown) => this.lose(life.signal, error));
    }

    stop(): void {
        this.#life.abort();
    }

    update(_topic: string, mustReplay: boolean): void {
        if (!mustReplay && this.#asked === keyOf(this.feed.query())) return;
        this.stop();
        this.start();
    }

    /** What is wanted now. */
    protected query(): Query {
        const query = this.feed.query();
        this.#asked = keyOf(query);
        return query;
    }

    protected lose(signal: AbortSignal, error: unknown): void {
        if (signal.aborted) return;
        this.stop();
        this.fate.lost(typeof error === "string" ? new BellwireError("network", error) : error);
    }
}

/** The question without the place, which moves all the time. */
const keyOf = (query: Query): string => JSON.stringify({ ...query, after: "" });
