// What every transport has: a life, which its end or its loss ends, and one timer that does not outlive it.
import { BellwireError } from "../error.ts";
import type { Fate, Feed, Transport } from "./transport.ts";

export abstract class Base implements Transport {
    protected readonly feed: Feed;
    protected readonly fate: Fate;
    #life = new AbortController();
    #timer: ReturnType<typeof setTimeout> | undefined;

    constructor(feed: Feed, fate: Fate) {
        this.feed = feed;
        this.fate = fate;
    }

    /** Works until `signal` ends it; whatever is thrown before is the end of the transport. */
    protected abstract work(signal: AbortSignal): Promise<void>;

    abstract update(topic: string, mustReplay: boolean): void;

    start(): void {
        const { signal } = this.#life = new AbortController();
        this.work(signal).catch((error: unknown) => this.lose(signal, error));
    }

    stop(): void {
        clearTimeout(this.#timer);
        this.#life.abort();
    }

    protected lose(signal: AbortSignal, error: unknown): void {
        if (signal.aborted) return;
        this.stop();
        this.fate.lost(typeof error === "string" ? new BellwireError("network", error) : error);
    }

    /** In place of what was to happen later before. */
    protected later(signal: AbortSignal, ms: number, then: () => void): void {
        clearTimeout(this.#timer);
        if (!signal.aborted) this.#timer = setTimeout(then, ms);
    }
}
