// Server-sent events, read from fetch: unlike EventSource it can send a token, exists in Node, and
// leaves the cursor to us.
import { BellwireError, refusalOf } from "../error.ts";
import type { Cursor, Frame } from "../types.ts";
import { Requests } from "./requests.ts";

export class SseTransport extends Requests {
    #place: Cursor = "";
    #silence: ReturnType<typeof setTimeout> | undefined;

    override stop(): void {
        clearTimeout(this.#silence);
        super.stop();
    }

    protected async ask(signal: AbortSignal): Promise<void> {
        this.#listen(signal);
        const { topic: topics, ...query } = this.query();
        const response = await this.feed.http.open("api/v1/stream", {
            query: { ...query, topics, catchup: this.feed.catchupOf(topics) },
            accept: "text/event-stream",
            signal,
        });
        if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
            throw new BellwireError("unsupported", "the server does not stream");
        }
        const push = lineReader((data, id) => this.#take(data, id));
        const decoder = new TextDecoder();
        const reader = response.body!.getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (signal.aborted) return;
            if (done) return this.lose(signal, "the stream ended");
            // Only now, because a proxy may send the head at once and keep the rest.
            this.fate.opened();
            this.#listen(signal);
            push(decoder.decode(value, { stream: true }));
        }
    }

    #listen(signal: AbortSignal): void {
        clearTimeout(this.#silence);
        this.#silence = setTimeout(
            () => this.lose(signal, "the server fell silent"), this.feed.timing.silenceMs);
    }

    #take(data: string, id: Cursor): void {
        // An id without data comes from time to time: all topics are served up to there.
        if (data === "") return id === "" ? undefined : this.feed.advance(id);
        const frame = JSON.parse(data) as Frame;
        if (frame.type === "subscribed") this.#place = frame.cursor;
        else if (frame.type === "reset") this.feed.reset(frame.topic, frame.reason, this.#place);
        else this.feed.take(frame);
        if (frame.type === "event") this.feed.advance(id);
        const refusal = frame.type === "error" && refusalOf(frame);
        if (refusal) throw refusal;
    }
}

/**
 * Takes a stream of server-sent events apart, wherever its pieces were cut. What has no data is told
 * too: it may have an id.
 */
export function lineReader(onMessage: (data: string, id: string) => void): (text: string) => void {
    let rest = "";
    let data: string[] = [];
    let lastId = "";
    const take = (line: string): void => {
        const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
        if (field === "data") data.push(value);
        else if (field === "id") lastId = value;
        if (line !== "") return;
        onMessage(data.join("\n"), lastId);
        data = [];
    };
    return (text) => {
        // A CR at the end may be half of a CR LF: it waits for what follows.
        const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop()!;
        for (const line of lines) take(line);
    };
}
