// Asking for events: held by the server until there are some (long-poll), or every few seconds.
import { BellwireError } from "../error.ts";
import type { Answer } from "../http.ts";
import type { BellwireEvent } from "../types.ts";
import { Requests } from "./requests.ts";
import type { Fate, Feed } from "./transport.ts";

const WAIT_S = 25;
const LIMIT = 500;
const MARGIN_MS = 15_000;
/** Who wants rows rather than events reads them anew when this many pages did not suffice. */
const PAGES_MAX = 10;

type Page = Answer<{ events: BellwireEvent[]; more?: boolean }> & {
    reset?: boolean; reason?: string; response: Response;
};

export class PollingTransport extends Requests {
    readonly #isLong: boolean;
    #pages = 0;

    constructor(feed: Feed, fate: Fate, isLong: boolean) {
        super(feed, fate);
        this.#isLong = isLong;
    }

    protected async work(signal: AbortSignal): Promise<void> {
        // Whether the server can wait shows in an answer without events; the first is soon.
        let waitS = this.#isLong ? 1 : 0;
        while (!signal.aborted) {
            const page = await this.feed.http.json("api/v1/events", {
                query: { ...this.query(), limit: LIMIT, wait: waitS },
                timeoutMs: waitS * 1000 + MARGIN_MS,
                signal,
            }) as Page;
            if (signal.aborted) return;
            await this.#take(page, signal);
            if (page.data.more) continue;
            await this.#rest(page, signal);
            if (waitS > 0) waitS = WAIT_S;
        }
    }

    async #take({ data, cursor, reset, reason }: Page, signal: AbortSignal): Promise<void> {
        if (reset) return this.feed.reset(undefined, reason ?? "epoch", cursor);
        for (const event of data.events) {
            this.feed.take(event);
            // A handler changed what is asked for: the rest is asked again.
            if (signal.aborted) return;
        }
        this.feed.advance(cursor);
        if (!data.more) this.#pages = 0;
        if (this.#pages++ < PAGES_MAX || this.feed.scope.catchup === "replay") return;
        this.#pages = 0;
        const query = { ...this.feed.query(), after: "latest", limit: 1 };
        const head = await this.feed.http.json("api/v1/events", { query, signal });
        if (!signal.aborted) this.feed.reset(undefined, "behind", head.cursor);
    }

    /** There is nothing more at the moment. */
    async #rest({ data, response }: Page, signal: AbortSignal): Promise<void> {
        if (this.#isLong && data.events.length === 0 && response.headers.has("retry-after")) {
            throw new BellwireError("unsupported", "it does not wait");
        }
        this.fate.opened();
        if (this.#isLong) return;
        const waitMs = this.feed.timing.pollMs * (0.75 + Math.random() / 2);
        await new Promise<void>((resolve) => this.later(signal, waitMs, resolve));
    }
}
