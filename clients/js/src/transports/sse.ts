// Server-sent events, read from fetch: unlike EventSource it can send a token, exists in Node, and
// leaves the cursor to us.
import { BellwireError, refusalOf } from "../error.ts";
import type { Cursor, Frame } from "../types.ts";
import { Requests } from "./requests.ts";

export class SseTransport extends Requests {
    #place: Cursor = "";

    protected async work(signal: AbortSignal): Promise<void> {
        this.#listen(signal);
        const { topic: topics, ...query } = this.query();
        const response = await this.feed.http.open("api/v1/stream", {
            query: { ...query, topics, catchup: this.feed.scope.catchup },
            signal,
        });
        if (!response.headers.get("content-type")?.includes("event-stream")) {
            throw new BellwireError("unsupported", "it does not stream");
        }
        // What a handler changes begins another request: the rest of this one is asked there again.
        const push = blockReader((data, id) => signal.aborted || this.#take(data, id));
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (signal.aborted) return;
            if (done) return this.lose(signal, "it ended");
            this.#listen(signal);
            // Only now, because a proxy may send the head at once and keep the rest.
            this.fate.opened();
            if (signal.aborted) return;
            push(value);
        }
    }

    #listen(signal: AbortSignal): void {
        this.later(signal, this.feed.timing.silenceMs, () => this.lose(signal, "it fell silent"));
    }

    #take(data: string, id: Cursor): void {
        // An id without data comes from time to time: all topics are served up to there.
        if (data === "") return id === "" ? undefined : this.feed.advance(id);
        const frame = JSON.parse(data) as Frame;
        if (frame.type === "subscribed") this.#place = frame.cursor;
        else if (frame.type === "reset") this.feed.reset(frame.topic, frame.reason, this.#place);
        else this.feed.take(frame);
        if (frame.type === "event") this.feed.advance(id);
        const refusal = refusalOf(frame);
        if (refusal) throw refusal;
    }
}

/**
 * Takes a stream of server-sent events apart, wherever its pieces were cut. What has no data is told
 * too: it may have an id. Data is one line, as JSON is here.
 */
export function blockReader(onBlock: (data: string, id: string) => unknown): (text: string) => void {
    let rest = "";
    return (text) => {
        const blocks = (rest + text).split(/\r?\n\r?\n/);
        rest = blocks.pop()!;
        for (const block of blocks) onBlock(valueOf("data", block), valueOf("id", block));
    };
}

const valueOf = (field: string, block: string): string =>
    new RegExp(`^${field}: ?([^\\r\\n]*)`, "m").exec(block)?.[1] ?? "";
