// On the real daemon, which is killed and started again under the client: each event arrives once and
// in order, and at the end the store is what REST says.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import type { BellwireEvent, Task, TransportName } from "../src/index.ts";
import { type Daemon, daemon } from "./kit/daemon.ts";
import { client, until } from "./kit/kit.ts";

const KILLS = 5;
const TASKS = 60;
const BATCH = 20;

const random = (n: number): number => Math.floor(Math.random() * n);

/** What producers say: progress, ends, failures, further attempts, deletions, and new tasks. */
function anyEvent(): object {
    const id = `task-${random(TASKS)}`;
    const [event_type, data] = ([
        ["TASK_UPDATED", { progress: random(100), message: `at ${random(100)}` }],
        ["TASK_UPDATED", { completed_units: random(50), total_units: 50, step: `step ${random(3)}` }],
        ["TASK_STATUS_CHANGED", { status: ["paused", "running"][random(2)] }],
        ["TASK_COMPLETED", { result: { rows: random(10) } }],
        ["TASK_FAILED", { error: { type: "Broken", message: "it broke", trace: "here" } }],
        ["TASK_UPDATED", { attempt: 2 + random(3), title: `again ${random(9)}`, owner: "ann" }],
        ["TASK_DELETED", {}],
        ["TASK_CREATED", { title: "made", type: "import", queue: "night" }],
        ["TASK_COMMAND", { action: ["pause", "cancel", "retry"][random(3)] }],
        ["TASK_COMMAND_REFUSED", { action: ["pause", "cancel", "retry"][random(3)] }],
    ] as const)[random(100) < 50 ? random(3) : random(10)]!;
    return { id: randomUUID(), event_type, data: { id, ...data } };
}

async function produce(server: Daemon, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
        await server.publish(Array.from({ length: BATCH }, anyEvent));
        await pause(5); // not for a condition: a producer that works, not a flood
    }
}

async function journal(server: Daemon, topic: string): Promise<BellwireEvent[]> {
    const all: BellwireEvent[] = [];
    for (let after = "oldest", more = true; more;) {
        const page = await server.get<{ data: { events: BellwireEvent[]; more: boolean }; cursor: string }>(
            `/api/v1/events?topic=${topic}&after=${after}&limit=1000`);
        all.push(...page.data.events);
        ({ cursor: after, data: { more } } = page);
    }
    return all;
}

const bySeq = (tasks: Iterable<Task>): Task[] => [...tasks].sort((a, b) => b.seq - a.seq);

async function survives(t: Parameters<typeof daemon>[0], transports: TransportName[]): Promise<void> {
    const server = await daemon(t);
    const bell = client(t, server.url, { transports, timing: { pollMs: 50 } });
    const got: BellwireEvent[] = [];
    const resets: string[] = [];
    bell.subscribe("system", { after: "oldest", onReset: (r) => resets.push(r) }, (e) => got.push(e));
    const list = bell.tasks.list({ limit: Infinity });
    const watched = new Map<string, Task | null>();
    for (let i = 0; i < 5; i++) {
        bell.tasks.watch(`task-${i}`, (task) => {
            const before = watched.get(`task-${i}`);
            assert.ok(!task || !before || task.seq > before.seq, "a row goes backwards");
            watched.set(`task-${i}`, task);
        });
    }
    const ending = new AbortController();
    const producing = produce(server, ending.signal);
    for (let kill = 0; kill < KILLS; kill++) {
        const before = got.length;
        await until(() => got.length > before + 2 * BATCH, "events");
        await pause(random(100)); // any moment
        await server.kill();
        await server.start();
    }
    ending.abort();
    await producing;
    const expected = await journal(server, "system");
    await until(() => got.length >= expected.length, "every event");
    assert.deepEqual(got.map(({ cursor }) => cursor), expected.map(({ cursor }) => cursor));
    assert.deepEqual(resets, []);
    const { data } = await server.get<{ data: { items: Task[] } }>("/api/v1/tasks?limit=1000");
    const truth = bySeq(data.items);
    const seqs = (tasks: readonly Task[]): string => String(tasks.map(({ seq }) => seq));
    await until(() => seqs(bySeq(list.items)) === seqs(truth), "the rows as REST has them");
    assert.deepEqual(bySeq(list.items).map(withoutDocuments), truth);
    await until(() => list.total === truth.length, "the number of tasks");
    for (let i = 0; i < 5; i++) {
        const row = truth.find(({ id }) => id === `task-${i}`);
        await until(() => (bell.tasks.get(`task-${i}`)?.seq ?? null) === (row?.seq ?? null), "a watch");
    }
}

/** Lists of REST leave them out. */
function withoutDocuments({ params: _, result: __, metadata: ___, ...row }: Task): Partial<Task> {
    return row;
}

test("killed and started again under a client with everything", (t) =>
    survives(t, ["websocket", "sse", "long-poll", "poll"]));

test("killed and started again under server-sent events", (t) => survives(t, ["sse"]));

test("killed and started again under a client that can only poll", (t) =>
    survives(t, ["long-poll", "poll"]));

test("what the daemon says when it is asked for what it does not have", async (t) => {
    const server = await daemon(t);
    const bell = client(t, server.url);
    await assert.rejects(bell.task("nobody").get(), { code: "not_found", status: 404 });
    await assert.rejects(bell.task("nobody").cancel(), /^BellwireError: cancel nobody: /);
    const errors: string[] = [];
    bell.subscribe("system", {
        after: "0", onError: ({ code, message }) => errors.push(`${code} ${message}`),
    }, () => {});
    await until(() => errors.length === 1, "the refusal");
    assert.match(errors[0]!, /^invalid .*cursor/);
});
