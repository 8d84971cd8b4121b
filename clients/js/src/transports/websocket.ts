// WebSocket: one frame is one message, and every topic has its own place.
//
// DESIGN. A subscribe is repeated whenever a filter changes or somebody joins at an earlier place.
// What still arrives for the subscribe before it is dropped, because taking it would move places
// over events that are only now coming: the server repeats it anyway.
import { type BellwireError, refusalOf } from "../error.ts";
import type { Frame } from "../types.ts";
import { Base } from "./base.ts";
import type { Fate, Feed } from "./transport.ts";

interface Channel {
    filter: string;
    /** Subscribes that are not answered yet. */
    awaiting: number;
    cursor: string;
}

export class WebSocketTransport extends Base {
    readonly #make: typeof WebSocket;
    readonly #channels = new Map<string, Channel>();
    #socket: WebSocket | null = null;

    constructor(feed: Feed, fate: Fate, make: typeof WebSocket) {
        super(feed, fate);
        this.#make = make;
    }

    update(topic: string, mustReplay: boolean): void {
        if (this.#socket?.readyState !== this.#make.OPEN) return; // onopen asks for everything
        const channel = this.#channels.get(topic);
        if (!this.feed.topics.includes(topic)) {
            if (channel) this.#send({ type: "unsubscribe", topic });
            this.#channels.delete(topic);
            this.#settle();
        } else if (mustReplay || channel?.filter !== JSON.stringify(this.feed.filterOf(topic))) {
            this.#subscribe(topic);
        }
    }

    protected async work(signal: AbortSignal): Promise<void> {
        const url = await this.feed.http.socketUrl("ws/realtime");
        if (signal.aborted) return;
        const socket = this.#socket = new this.#make(url);
        signal.addEventListener("abort", () => socket.close());
        socket.onopen = () => {
            this.#listen(signal);
            for (const topic of this.feed.topics) this.#subscribe(topic);
            this.#settle();
        };
        socket.onmessage = ({ data }) => {
            if (signal.aborted) return;
            this.#listen(signal);
            try {
                this.#take(JSON.parse(String(data)) as Frame);
            } catch (error) {
                this.lose(signal, error);
            }
        };
        socket.onclose = ({ code, reason }) => this.lose(signal, `closed ${code} ${reason}`);
        socket.onerror = () => {}; // a close follows
    }

    #send(message: object): void {
        this.#socket?.send(JSON.stringify(message));
    }

    #subscribe(topic: string): void {
        const filter = this.feed.filterOf(topic);
        const channel = this.#channels.get(topic) ?? { filter: "", awaiting: 0, cursor: "" };
        channel.awaiting++;
        channel.filter = JSON.stringify(filter);
        this.#channels.set(topic, channel);
        this.#send({
            type: "subscribe", topic, filter, after: this.feed.afterOf(topic),
            catchup: this.feed.scope.catchup,
        });
    }

    /** A connection may die without a word: after half of the silence the server is asked. */
    #listen(signal: AbortSignal, isAsked = false): void {
        this.later(signal, this.feed.timing.silenceMs / 2, () => {
            if (isAsked) return this.lose(signal, "it fell silent");
            this.#send({ type: "ping" });
            this.#listen(signal, true);
        });
    }

    #settle(): void {
        if (![...this.#channels.values()].some(({ awaiting }) => awaiting > 0)) this.fate.opened();
    }

    #take(frame: Frame): void {
        const { topic = "" } = frame as { topic?: string };
        const channel = this.#channels.get(topic);
        const refusal = refusalOf(frame);
        if (refusal) return this.#refuse(topic, refusal);
        if (!channel) return;
        if (frame.type === "subscribed") {
            channel.awaiting--;
            channel.cursor = frame.cursor;
            this.#settle();
        } else if (channel.awaiting > 0) {
            return;
        } else if (frame.type === "reset") {
            this.feed.reset(topic, frame.reason, frame.cursor ?? channel.cursor);
        } else {
            this.feed.take(frame);
        }
    }

    #refuse(topic: string, error: BellwireError): void {
        if (!this.#channels.delete(topic)) throw error;
        this.feed.refuse(topic, error);
        this.#settle();
    }
}
