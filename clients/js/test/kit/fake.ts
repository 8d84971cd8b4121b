// A scripted Bellwire: the protocol on all four transports, over a journal in memory, with switches
// for everything that can go wrong on the way.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { seqOf } from "../../src/cursor.ts";
import { fold, taskIdOf } from "../../src/fold.ts";
import type { BellwireEvent, Task } from "../../src/types.ts";

type Broken = "websocket" | "answers" | "sse" | "wait" | "tasks" | "streams-hang";

interface Wanted {
    topics: string[];
    task_id?: string[] | undefined;
    event_types?: string[] | undefined;
}

interface Stream {
    /** Sends what is beyond its place. */
    pump(): void;
}

const NEW = {
    type: null, title: null, status: "pending", progress: 0, message: null, step: null,
    current: null, total_units: null, completed_units: null, rate: null, eta_s: null, owner: null,
    resource: null, queue: null, worker: null, attempt: 1, retry_count: 0, error: null, command: null, command_at: null,
    started_at: null, updated_at: null, finished_at: null, seq: 0,
} as const;

const list = (value: unknown): string[] | undefined =>
    value === undefined || value === null || value === "" ? undefined
        : Array.isArray(value) ? value as string[] : String(value).split(",");

export class FakeServer {
    epoch = "00000001";
    /** Events up to this seq are no longer kept. */
    retained = 0;
    /** More than this many events behind, and a stream conflates. */
    conflateBeyond = Infinity;
    readonly events: BellwireEvent[] = [];
    readonly tasks = new Map<string, Task>();
    readonly broken = new Set<Broken>();
    /** Requests in the order they came, as "GET /path?query". */
    readonly requests: string[] = [];
    readonly tokens: (string | null)[] = [];
    /** What subscribers said. */
    readonly heard: Record<string, unknown>[] = [];
    /** The only token taken, if set. */
    token: string | null = null;
    /** What a command is answered with. */
    commands: { status: number; body: unknown } = { status: 202, body: { data: { accepted: 1 } } };
    #port = 0;
    #server: Server | null = null;
    readonly #connections = new Set<Socket>();
    readonly #streams = new Set<Stream>();
    readonly sockets = new Set<WebSocket>();

    get url(): string {
        return `http://127.0.0.1:${this.#port}`;
    }

    async start(): Promise<this> {
        const server = createServer((request, response) => this.#answer(request, response));
        const upgrades = new WebSocketServer({ noServer: true });
        server.on("upgrade", (request, socket, head) => {
            if (this.broken.has("websocket") || !this.#admits(this.#query(request).get("access_token"))) {
                socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
            } else if (!this.broken.has("streams-hang")) {
                upgrades.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws));
            }
        });
        server.on("connection", (socket) => {
            this.#connections.add(socket);
            socket.on("close", () => this.#connections.delete(socket));
        });
        await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
        this.#port = (server.address() as AddressInfo).port;
        this.#server = server;
        return this;
    }

    /** As kill -9 would. */
    async stop(): Promise<void> {
        const server = this.#server;
        this.#server = null;
        this.#streams.clear();
        this.drop();
        await new Promise((resolve) => server?.close(resolve) ?? resolve(null));
    }

    /** Cuts every connection; new ones are taken. */
    drop(): void {
        for (const socket of this.#connections) socket.destroy();
    }

    get head(): number {
        return this.events.length;
    }

    cursor(seq = this.head): string {
        return `${this.epoch}.${seq}`;
    }

    publish(event_type: string, data: Record<string, unknown>, topic = "system"): BellwireEvent {
        const now = new Date(Date.UTC(2026, 0, 1) + this.head * 1000).toISOString();
        const before = this.tasks.get(String(data["id"]));
        const state = topic !== "system" ? {} : {
            status: statusAfter(event_type, before), progress: before?.progress ?? 0,
            attempt: before?.attempt ?? 1, retry_count: 0, rate: null, eta_s: null, updated_at: now,
        };
        const event: BellwireEvent = {
            type: "event", topic, event_type, message: "", data: { ...state, ...data },
            timestamp: now, cursor: this.cursor(this.head + 1), id: `event-${this.head + 1}`,
        };
        this.events.push(event);
        const id = taskIdOf(event);
        if (id !== null && event_type === "TASK_DELETED") this.tasks.delete(id);
        else if (id !== null) this.tasks.set(id, fold(before ?? { ...NEW, id, created_at: now }, event));
        for (const stream of this.#streams) stream.pump();
        return event;
    }

    /** A copy of the journal as it was at that seq is put back. */
    restoreJournal(seq: number): void {
        const events = this.events.splice(0).slice(0, seq);
        this.tasks.clear();
        for (const { event_type, data, topic } of events) this.publish(event_type, data, topic);
    }

    /** Several events that are sent in one piece. */
    publishAll(topic: string, ...all: Record<string, unknown>[]): void {
        const streams = [...this.#streams];
        this.#streams.clear();
        for (const data of all) this.publish("E", data, topic);
        for (const stream of streams) this.#streams.add(stream);
        for (const stream of streams) stream.pump();
    }

    /** The journal is gone, and another is there. */
    replaceJournal(): void {
        this.epoch = String(Number(this.epoch) + 1).padStart(8, "0");
        this.events.length = 0;
        this.tasks.clear();
    }

    // --- Reading --------------------------------------------------------------------------------

    #after(after: string | null | undefined): { seq: number } | { reason: string } {
        if (after === "oldest") return { seq: this.retained };
        if (after === "latest" || !after) return { seq: this.head };
        const seq = seqOf(after);
        if (!after.startsWith(this.epoch)) return { reason: "epoch" };
        if (seq < this.retained) return { reason: "retention" };
        return seq > this.head ? { reason: "ahead" } : { seq };
    }

    #since(seq: number, { topics, task_id, event_types }: Wanted): BellwireEvent[] {
        return this.events.slice(seq).filter(({ topic, data, event_type }) =>
            topics.includes(topic) && (event_types?.includes(event_type) ?? true) &&
            (task_id?.includes(String(data["task_id"] ?? data["id"])) ?? true));
    }

    /** Pumps events from a place to `say`; conflates when it is far behind. */
    #stream(seq: number, wanted: Wanted, conflates: boolean, say: (frame: object) => void): Stream {
        const stream: Stream = {
            pump: () => {
                const events = this.#since(seq, wanted);
                if (conflates && events.length > this.conflateBeyond) {
                    const ids = new Set(events.map(({ data }) => String(data["id"])));
                    const tasks = [...ids].flatMap((id) => this.tasks.get(id) ?? []);
                    say({ type: "conflated", topic: "system", tasks, from: this.cursor(seq),
                        cursor: this.cursor() });
                } else {
                    for (const event of events) say(event);
                }
                seq = this.head;
            },
        };
        this.#streams.add(stream);
        stream.pump();
        return stream;
    }

    // --- WebSocket ------------------------------------------------------------------------------

    #welcome(ws: WebSocket): void {
        const channels = new Map<string, Stream>();
        const say = (frame: object): void => ws.send(JSON.stringify(frame));
        this.sockets.add(ws);
        say({ type: "connected", connection_id: "1", heartbeat_s: 25 });
        ws.on("close", () => {
            this.sockets.delete(ws);
            for (const stream of channels.values()) this.#streams.delete(stream);
        });
        ws.on("message", (text) => {
            const message = JSON.parse(String(text)) as Record<string, string>;
            this.heard.push(message);
            const topic = message["topic"]!;
            if (message["type"] === "ping") {
                if (!this.broken.has("answers")) say({ type: "pong" });
                return;
            }
            this.#streams.delete(channels.get(topic)!);
            if (message["type"] === "unsubscribe") return say({ type: "unsubscribed", topic });
            if (topic === "forbidden") {
                return say({ type: "error", code: "forbidden", message: "not for you", topic });
            }
            const place = this.#after(message["after"]);
            const seq = "seq" in place ? place.seq : this.head;
            say({ type: "subscribed", topic, recovered: "seq" in place, cursor: this.cursor(seq) });
            if ("reason" in place) {
                say({ type: "reset", topic, reason: place.reason });
                if (topic === "system") {
                    say({ type: "snapshot", topic, tasks: [...this.tasks.values()], more: false,
                        cursor: this.cursor() });
                }
            }
            const filter = message["filter"] as unknown as Record<string, unknown> | undefined;
            channels.set(topic, this.#stream(seq, {
                topics: [topic],
                task_id: list(filter?.["task_id"]),
                event_types: list(filter?.["event_types"]),
            }, message["catchup"] === "conflate", say));
        });
    }

    // --- HTTP -----------------------------------------------------------------------------------

    #query(request: IncomingMessage): URLSearchParams {
        return new URL(request.url!, this.url).searchParams;
    }

    #admits(token: string | null): boolean {
        this.tokens.push(token);
        return this.token === null || this.token === token;
    }

    #answer(request: IncomingMessage, response: ServerResponse): void {
        const { pathname, searchParams } = new URL(request.url!, this.url);
        this.requests.push(`${request.method} ${decodeURIComponent(request.url!)}`);
        const json = (status: number, body: unknown, headers = {}): void => {
            response.writeHead(status, { "content-type": "application/json", ...headers });
            response.end(JSON.stringify(body));
        };
        const token = request.headers.authorization?.replace("Bearer ", "") ?? null;
        if (this.broken.has("tasks") && pathname.endsWith("/tasks")) return json(503, { code: "unavailable", detail: "away" });
        if (!this.#admits(token)) return json(401, { code: "unauthorized", detail: "bad token" });
        if (request.method === "POST") {
            request.resume();
            request.on("end", () => json(this.commands.status, this.commands.body));
        } else if (pathname === "/api/v1/events") {
            this.#page(searchParams, response, json);
        } else if (pathname === "/api/v1/stream") {
            this.#sse(searchParams, response, json);
        } else if (pathname === "/api/v1/tasks") {
            this.#list(searchParams, json);
        } else {
            const task = this.tasks.get(decodeURIComponent(pathname.replace("/api/v1/tasks/", "")));
            if (task) json(200, { data: { ...task, result: null }, cursor: this.cursor() });
            else json(404, { code: "not_found", detail: "there is no task of this id" });
        }
    }

    #page(
        query: URLSearchParams, response: ServerResponse,
        json: (status: number, body: unknown, headers?: object) => void,
    ): void {
        const place = this.#after(query.get("after") ?? "oldest");
        if ("reason" in place) {
            return json(200, { data: { events: [] }, cursor: this.cursor(), reset: true, ...place });
        }
        const limit = Number(query.get("limit") ?? 100);
        const wanted = {
            topics: list(query.get("topic"))!, task_id: list(query.get("task_id")),
            event_types: list(query.get("event_types")),
        };
        const answer = (headers = {}): void => {
            const all = this.#since(place.seq, wanted);
            const events = all.slice(0, limit);
            const more = all.length > limit;
            const cursor = more ? events.at(-1)!.cursor : this.cursor();
            json(200, { data: { events, more }, cursor, reset: false }, headers);
        };
        const waitS = Number(query.get("wait") ?? 0);
        if (waitS === 0 || this.#since(place.seq, wanted).length > 0) return answer();
        if (this.broken.has("wait")) return answer({ "retry-after": "1" });
        // What would take a second is told after a tenth of it, so that tests are quick.
        let timer: ReturnType<typeof setTimeout>;
        const stream = {
            pump: () => {
                if (this.#since(place.seq, wanted).length > 0) finish();
            },
        };
        const finish = (): void => {
            clearTimeout(timer);
            this.#streams.delete(stream);
            answer();
        };
        timer = setTimeout(finish, waitS * 100);
        this.#streams.add(stream);
        response.on("close", () => {
            clearTimeout(timer);
            this.#streams.delete(stream);
        });
    }

    #sse(
        query: URLSearchParams, response: ServerResponse,
        json: (status: number, body: unknown) => void,
    ): void {
        if (this.broken.has("streams-hang")) return;
        if (this.broken.has("sse")) return json(404, { code: "not_found", detail: "no such path" });
        const place = this.#after(query.get("after"));
        const topics = list(query.get("topics"))!;
        const conflates = query.get("catchup") === "conflate";
        if (conflates && topics.length > 1) return json(400, { code: "invalid", detail: "no rows" });
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("retry: 2000\n\n");
        const say = (frame: object): void => {
            const { cursor, event_type, type } = frame as BellwireEvent;
            const id = type === "event" ? `id: ${cursor}\n` : "";
            response.write(`event: ${event_type ?? type}\n${id}data: ${JSON.stringify(frame)}\n\n`);
        };
        const seq = "seq" in place ? place.seq : this.head;
        for (const topic of topics) {
            say({ type: "subscribed", topic, recovered: "seq" in place, cursor: this.cursor(seq) });
        }
        if ("reason" in place) for (const topic of topics) say({ type: "reset", topic, ...place });
        const stream = this.#stream(seq, {
            topics, task_id: list(query.get("task_id")), event_types: list(query.get("event_types")),
        }, conflates, say);
        // Quiet streams say where they are.
        const beat = { pump: () => response.write(`: beat\nid: ${this.cursor()}\n\n`) };
        this.#streams.add(beat);
        response.on("close", () => this.#streams.delete(beat));
        response.on("close", () => this.#streams.delete(stream));
    }

    #list(query: URLSearchParams, json: (status: number, body: unknown) => void): void {
        const statuses = list(query.get("status"));
        const ids = list(query.get("id"));
        const from = Number(query.get("page") ?? 0);
        const to = from + Number(query.get("limit") ?? 50);
        const rows = [...this.tasks.values()].filter(({ id, status }) =>
            (statuses?.includes(status) ?? true) && (ids?.includes(id) ?? true))
            .sort((a, b) => b.seq - a.seq);
        json(200, {
            data: {
                items: rows.slice(from, to), total: rows.length,
                next: to < rows.length ? String(to) : null,
            },
            cursor: this.cursor(),
        });
    }
}

function statusAfter(event_type: string, before: Task | undefined): string {
    if (event_type === "TASK_CREATED") return "pending";
    if (event_type === "TASK_COMPLETED") return "completed";
    return event_type === "TASK_FAILED" ? "failed" : before?.status ?? "running";
}
