// The client: who wants what, on as few connections as can carry it.
import { type BulkResult, type Command, command, TaskHandle } from "./commands.ts";
import { guarded } from "./error.ts";
import { Http, type Token } from "./http.ts";
import type { Ladder, Rung, State } from "./ladder.ts";
import { Link, scopeOf } from "./link.ts";
import { type Timing, TIMING } from "./settings.ts";
import { TaskStore } from "./store.ts";
import type { EventHandler, SubscribeOptions, Subscription } from "./subscription.ts";
import { PollingTransport } from "./transports/polling.ts";
import { SseTransport } from "./transports/sse.ts";
import type { Feed, TransportName } from "./transports/transport.ts";
import { WebSocketTransport } from "./transports/websocket.ts";
import type { Action } from "./types.ts";

export interface ConnectOptions {
    /** The server's address, with its path if it is below one; the page's own if left out. */
    url?: string | URL;
    /** Sent as `Authorization: Bearer …`; a function is asked again when its token is refused. */
    token?: Token;
    /** A WebSocket to use where there is none, as in Node before 22 (`ws` will do). */
    WebSocket?: typeof WebSocket;
    /** In place of the built-in fetch. */
    fetch?: typeof fetch;
    /** What may be used, all by default; the order is always that of `TransportName`. */
    transports?: readonly TransportName[];
    timing?: Partial<Timing>;
}

const TOPIC = /^[\w.-]+$/;
const WORST: readonly State[] = ["offline", "reconnecting", "polling", "live"];

/** Made by `connect`. */
export class Client {
    /** What is known of tasks, kept up to date. */
    readonly tasks: TaskStore;
    /** REST, for what has no method here. */
    readonly http: Http;
    readonly #timing: Timing;
    readonly #options: ConnectOptions;
    readonly #links = new Map<string, Link>();
    readonly #listeners = new Set<(state: State) => void>();
    readonly #life = new AbortController();
    #state: State = "reconnecting";

    constructor(options: ConnectOptions) {
        const base = options.url ?? globalThis.location?.origin;
        if (!base) throw new TypeError("connect: no url");
        const url = new URL(base);
        url.pathname = url.pathname.replace(/\/?$/, "/");
        this.#options = options;
        this.#timing = { ...TIMING, ...options.timing };
        this.http = new Http(url, options);
        this.tasks = new TaskStore(this, this.#timing);
        const { signal } = this.#life;
        const retry = (): void => {
            if (this.#state !== "live" && !globalThis.document?.hidden) this.retry();
        };
        globalThis.addEventListener?.("online", retry, { signal });
        globalThis.document?.addEventListener("visibilitychange", retry, { signal });
    }

    /** How events come at the moment: that of the worst connection there is. */
    get state(): State {
        return this.#state;
    }

    /** What events come by; null while there is no connection. */
    get transport(): TransportName | null {
        return this.#worst()?.transport ?? null;
    }

    /** Why it is not live; null when it is, or when nothing went wrong yet. */
    get error(): unknown {
        return this.#worst()?.error ?? null;
    }

    /** Calls back at every change of `state`, until the function returned is called. */
    onState(listener: (state: State) => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    /**
     * Every event of a topic that matches, once and in order, across all transports and restarts.
     * `subscription.cursor` is the place: keep it, and go on later with `after`.
     */
    subscribe(topic: string, options: SubscribeOptions, handler: EventHandler): Subscription {
        if (this.#life.signal.aborted) throw new TypeError("it is closed");
        if (!TOPIC.test(topic)) throw new TypeError(`no topic: ${topic}`);
        const scope = scopeOf(topic, options);
        const key = JSON.stringify(scope);
        const link = this.#links.get(key) ?? new Link(this.http, this.#timing, scope,
            (feed) => this.#rungs(feed), () => this.#tell(), () => {
                link.close();
                this.#links.delete(key);
                this.#tell();
            });
        const subscription = link.add(topic, options, handler);
        this.#links.set(key, link);
        this.#tell();
        return subscription;
    }

    /** One task: commands, and the whole of what is known of it. */
    task(id: string): TaskHandle {
        return new TaskHandle(this, id);
    }

    /** A command to many tasks: those named, or those that match when it arrives. */
    bulk(action: Action | "delete", which: Command & { reason?: string }): Promise<BulkResult> {
        return command(this.http, "api/v1/tasks/bulk", { action, ...which }, `${action} tasks`);
    }

    /** Tries to reconnect now, and not when the pause is over. */
    retry(): void {
        for (const link of this.#links.values()) link.ladder.retry();
    }

    /** Ends every subscription and connection. */
    close(): void {
        this.#life.abort();
        this.tasks.close();
        for (const link of this.#links.values()) link.close();
        this.#links.clear();
    }

    #rungs(feed: Feed): readonly Rung[] {
        const make = this.#options.WebSocket ?? globalThis.WebSocket;
        const rungs: readonly Rung[] = [
            ["websocket", (fate) => new WebSocketTransport(feed, fate, make)],
            ["sse", (fate) => new SseTransport(feed, fate)],
            ["long-poll", (fate) => new PollingTransport(feed, fate, true)],
            ["poll", (fate) => new PollingTransport(feed, fate, false)],
        ];
        return rungs.filter(([name]) => (name !== "websocket" || make) &&
            (this.#options.transports?.includes(name) ?? true));
    }

    #worst(): Ladder | undefined {
        return [...this.#links.values()].map(({ ladder }) => ladder)
            .sort((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state))[0];
    }

    #tell(): void {
        const state = this.#worst()?.state ?? this.#state;
        if (state === this.#state) return;
        this.#state = state;
        for (const listener of this.#listeners) guarded(() => listener(state));
    }
}

/** A client of the Bellwire server at `url`. Connects with the first thing that is wanted of it. */
export function connect(options: ConnectOptions = {}): Client {
    return new Client(options);
}
