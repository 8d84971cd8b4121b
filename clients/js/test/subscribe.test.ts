// Subscriptions on a scripted server: on every transport, and while transports come and go, each
// event arrives once and in order.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { BellwireError, type BellwireEvent, type TransportName } from "../src/index.ts";
import { client, serve, until } from "./kit/kit.ts";

const TRANSPORTS: readonly TransportName[] = ["websocket", "sse", "long-poll", "poll"];

const seqs = (events: readonly BellwireEvent[]): number[] =>
    events.map(({ cursor }) => Number(cursor.split(".")[1]));

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

for (const transport of TRANSPORTS) {
    test(`${transport}: from the beginning, on live, and after a lost connection`, async (t) => {
        const server = await serve(t);
        const got: BellwireEvent[] = [];
        server.publish("TASK_CREATED", { id: "a" });
        const bell = client(t, server.url, { transports: [transport] });
        const subscription = bell.subscribe("system", { after: "oldest" }, (e) => got.push(e));
        await until(() => got.length === 1, "the old event");
        await until(() => bell.state === (transport === "poll" ? "polling" : "live"), "its state");
        assert.equal(bell.transport, transport);
        server.publish("TASK_UPDATED", { id: "a", progress: 10 });
        await until(() => got.length === 2, "a live event");
        server.drop();
        server.publish("TASK_UPDATED", { id: "a", progress: 20 });
        await until(() => got.length === 3, "what was missed");
        assert.deepEqual(seqs(got), [1, 2, 3]);
        assert.equal(subscription.cursor, server.cursor());
    });

    test(`${transport}: begins now, filters tasks, and its filter can change`, async (t) => {
        const server = await serve(t);
        const got: string[] = [];
        server.publish("TASK_CREATED", { id: "a" });
        const bell = client(t, server.url, { transports: [transport] });
        const subscription = bell.subscribe("system", { filter: { task_id: "a" } },
            ({ data }) => got.push(`${data["id"]}${data["progress"]}`));
        await subscription.ready;
        server.publish("TASK_UPDATED", { id: "b", progress: 1 });
        server.publish("TASK_UPDATED", { id: "a", progress: 2 });
        await until(() => got.length === 1, "the task's event");
        subscription.setFilter({ task_id: ["a", "b"] });
        server.publish("TASK_UPDATED", { id: "b", progress: 3 });
        server.publish("TASK_UPDATED", { id: "c", progress: 4 });
        server.publish("TASK_UPDATED", { id: "a", progress: 5 });
        await until(() => got.length === 3, "both tasks' events");
        assert.deepEqual(got, ["a2", "b3", "a5"]);
    });

    test(`${transport}: a handler may change the filter, and misses nothing of what came with its event`, async (t) => {
        const server = await serve(t);
        const got: string[] = [];
        const bell = client(t, server.url, { transports: [transport] });
        const subscription = bell.subscribe("builds", { filter: { task_id: "parent" } }, ({ data }) => {
            got.push(`${data["id"]} ${data["n"]}`);
            subscription.setFilter({ task_id: ["parent", "child"] });
        });
        await subscription.ready;
        server.publishAll("builds", { id: "parent", n: 1 }, { id: "child", n: 2 }, { id: "parent", n: 3 });
        await until(() => got.length === 3, "all three");
        server.publishAll("builds", { id: "child", n: 4 });
        await until(() => got.length === 4, "what comes later");
        assert.deepEqual(got, ["parent 1", "child 2", "parent 3", "child 4"]);
    });

    test(`${transport}: another journal, or one that forgot, is told`, async (t) => {
        const server = await serve(t);
        const got: string[] = [];
        const reset = (reason: string): number => got.push(reason);
        for (let i = 0; i < 3; i++) server.publish("TASK_UPDATED", { id: "a" });
        const bell = client(t, server.url, { transports: [transport] });
        bell.subscribe("system", { after: server.cursor(), onReset: reset }, (e) => got.push(e.id));
        await until(() => bell.transport, "a connection");
        await server.stop();
        for (let i = 0; i < 3; i++) server.publish("TASK_UPDATED", { id: "a" });
        server.retained = 5;
        await server.start();
        await until(() => got.length === 1, "the reset");
        server.publish("TASK_UPDATED", { id: "a" });
        await until(() => got.length === 2, "an event after it");
        await server.stop();
        server.replaceJournal();
        server.retained = 0;
        await server.start();
        await until(() => got.length === 3, "the other journal");
        server.publish("TASK_UPDATED", { id: "a" });
        await until(() => got.length === 4, "its event");
        assert.deepEqual(got, ["retention", "event-7", "epoch", "event-1"]);
    });

    test(`${transport}: two topics, of which one joins late and from further back`, async (t) => {
        const server = await serve(t);
        const tasks: BellwireEvent[] = [];
        const lines: BellwireEvent[] = [];
        const begin = server.cursor();
        server.publish("TASK_LOG", { task_id: "a" }, "logs");
        server.publish("TASK_UPDATED", { id: "a" });
        const bell = client(t, server.url, { transports: [transport] });
        bell.subscribe("system", { after: begin }, (e) => tasks.push(e));
        await until(() => tasks.length === 1, "the task's event");
        bell.subscribe("logs", { after: begin }, (e) => lines.push(e));
        await until(() => lines.length === 1, "the old line");
        server.publish("TASK_UPDATED", { id: "a" });
        server.publish("TASK_LOG", { task_id: "a" }, "logs");
        await until(() => tasks.length === 2 && lines.length === 2, "both topics");
        assert.deepEqual([seqs(tasks), seqs(lines)], [[2, 3], [1, 4]]);
        assert.ok(server.sockets.size <= 1, "one connection carries both");
    });
}

test("falls to the next transport, and comes back up, without losing anything", async (t) => {
    const server = await serve(t);
    const got: BellwireEvent[] = [];
    const bell = client(t, server.url);
    bell.subscribe("system", { after: "oldest" }, (e) => got.push(e));
    const lose = async (what: "websocket" | "sse" | "wait", then: TransportName): Promise<void> => {
        server.broken.add(what);
        server.drop();
        server.publish("TASK_UPDATED", { id: "a" });
        await until(() => bell.transport === then, then);
        server.publish("TASK_UPDATED", { id: "a" });
        await until(() => got.length === server.head, `events by ${then}`);
    };
    await until(() => bell.transport === "websocket", "the best there is");
    await lose("websocket", "sse");
    await lose("sse", "long-poll");
    await lose("wait", "poll");
    assert.equal(bell.state, "polling");
    for (const [what, then] of [["wait", "long-poll"], ["sse", "sse"], ["websocket", "websocket"]] as const) {
        server.broken.delete(what);
        await until(() => bell.transport === then, `${then} again`);
        server.publish("TASK_UPDATED", { id: "a" });
        await until(() => got.length === server.head, `events by ${then} again`);
    }
    assert.deepEqual(seqs(got), upTo(server.head));
    assert.equal(bell.state, "live");
});

test("a stream that hangs is given up for one that does not", async (t) => {
    const server = await serve(t);
    server.broken.add("streams-hang");
    const bell = client(t, server.url, { timing: { openMs: 1_000 } });
    bell.subscribe("system", {}, () => {});
    await until(() => bell.transport === "long-poll", "something that works");
});

test("a quiet WebSocket is asked whether it lives, one that does not answer is given up", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url, { timing: { silenceMs: 100 } });
    bell.subscribe("system", {}, () => {});
    const pings = (): number => server.heard.filter(({ type }) => type === "ping").length;
    await until(() => pings() >= 3, "pings");
    assert.equal(server.heard.filter(({ type }) => type === "subscribe").length, 1, "one connection");
    server.broken.add("answers");
    await until(() => server.heard.filter(({ type }) => type === "subscribe").length > 1, "a new one");
});

test("says offline while there is no server, and comes back by itself", async (t) => {
    const server = await serve(t);
    const states: string[] = [];
    const got: BellwireEvent[] = [];
    const bell = client(t, server.url);
    bell.onState((state) => states.push(state));
    bell.subscribe("system", { after: "oldest" }, (e) => got.push(e));
    await until(() => bell.state === "live", "live");
    await server.stop();
    await until(() => bell.state === "offline", "offline");
    assert.ok(bell.error instanceof BellwireError);
    server.publish("TASK_UPDATED", { id: "a" });
    await server.start();
    await until(() => got.length === 1, "what happened meanwhile");
    await until(() => bell.state === "live", "live again");
    assert.deepEqual(states, ["live", "reconnecting", "offline", "live"]);
    assert.equal(bell.error, null);
});

test("a server that is not there yet is waited for", async (t) => {
    const server = await serve(t);
    await server.stop();
    const got: BellwireEvent[] = [];
    const bell = client(t, server.url);
    const { ready } = bell.subscribe("system", {}, (e) => got.push(e));
    await until(() => bell.state === "offline", "offline");
    await server.start();
    await ready;
    server.publish("TASK_UPDATED", { id: "a" });
    await until(() => got.length === 1, "its event");
});

test("frames of a subscribe that was replaced are not taken for those of the new one", async (t) => {
    const server = await serve(t);
    const got: BellwireEvent[] = [];
    const late: BellwireEvent[] = [];
    for (let i = 0; i < 50; i++) server.publish("TASK_UPDATED", { id: "a" });
    const bell = client(t, server.url);
    bell.subscribe("system", {}, (e) => got.push(e));
    await until(() => bell.state === "live", "live");
    bell.subscribe("system", { after: server.cursor(10) }, (e) => late.push(e));
    for (let i = 0; i < 50; i++) server.publish("TASK_UPDATED", { id: "a" });
    await until(() => late.length >= 90 && got.length >= 50, "all of both");
    assert.deepEqual(seqs(late), upTo(100).slice(10));
    assert.deepEqual(seqs(got), upTo(100).slice(50));
    assert.equal(server.sockets.size, 1);
});

test("what the server refuses is told once, and the rest goes on", async (t) => {
    const server = await serve(t);
    const errors: BellwireError[] = [];
    const got: BellwireEvent[] = [];
    const bell = client(t, server.url);
    bell.subscribe("forbidden", { onError: (e) => errors.push(e) }, () => assert.fail());
    bell.subscribe("system", {}, (e) => got.push(e));
    assert.throws(() => bell.subscribe("not a topic", {}, () => {}), /no topic: not a topic/);
    await until(() => errors.length === 1 && bell.state === "live", "the refusal");
    server.publish("TASK_UPDATED", { id: "a" });
    await until(() => got.length === 1, "an event of the other topic");
    assert.equal(errors[0]!.code, "forbidden");
});

test("a handler that throws harms nobody", async (t) => {
    const server = await serve(t);
    const got: BellwireEvent[] = [];
    const thrown: unknown[] = [];
    const own = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", (e) => thrown.push(e));
    t.after(() => {
        process.removeAllListeners("uncaughtException");
        for (const listener of own) process.on("uncaughtException", listener);
    });
    const bell = client(t, server.url);
    const mistake = (): void => {
        throw new Error("a mistake");
    };
    bell.onState(mistake);
    bell.subscribe("system", { after: "oldest" }, mistake);
    bell.subscribe("system", { after: "oldest" }, (e) => got.push(e));
    for (let i = 0; i < 3; i++) server.publish("TASK_UPDATED", { id: "a" });
    await until(() => got.length === 3 && thrown.length === 4, "all events, all errors");
    assert.equal(bell.transport, "websocket");
});

test("who is far behind and wants rows gets rows", async (t) => {
    const check = async (transport: TransportName, t: TestContext): Promise<void> => {
        const server = await serve(t);
        server.conflateBeyond = 5;
        for (let i = 0; i < 20; i++) server.publish("TASK_UPDATED", { id: "a", progress: i });
        const rows: number[] = [];
        const bell = client(t, server.url, { transports: [transport] });
        bell.subscribe("system", {
            after: server.cursor(1), catchup: "conflate",
            onTasks: (tasks) => rows.push(...tasks.map(({ progress }) => progress)),
        }, ({ data }) => rows.push(data["progress"] as number));
        await until(() => rows.length === 1, "the row");
        server.publish("TASK_UPDATED", { id: "a", progress: 50 });
        await until(() => rows.length === 2, "the event after it");
        assert.deepEqual(rows, [19, 50]);
    };
    await t.test("websocket", (t) => check("websocket", t));
    await t.test("sse", (t) => check("sse", t));
});

test("a topic that is quiet does not fall behind those that are not", async (t) => {
    for (const transport of ["sse", "long-poll", "poll"] as const) {
        const server = await serve(t);
        const bell = client(t, server.url, { transports: [transport] });
        const quiet = bell.subscribe("quiet", {}, () => assert.fail());
        await until(() => bell.transport, "a connection");
        for (let i = 0; i < 3; i++) server.publish("TASK_UPDATED", { id: "a" });
        await until(() => quiet.cursor === server.cursor(), "the place that was reached");
    }
});

test("event types are filtered, by name of each way to ask", async (t) => {
    for (const transport of TRANSPORTS) {
        const server = await serve(t);
        const got: string[] = [];
        const bell = client(t, server.url, { transports: [transport] });
        bell.subscribe("system", { filter: { event_types: ["TASK_FAILED"] }, after: "oldest" },
            ({ event_type }) => got.push(event_type));
        await until(() => bell.transport, "a connection");
        server.publish("TASK_UPDATED", { id: "a" });
        server.publish("TASK_FAILED", { id: "a" });
        await until(() => got.length === 1, "the failure");
        const asked = server.requests.filter((r) => /stream|&limit=500/.test(r));
        assert.ok(asked.every((r) => r.includes("event_types=")));
    }
});

test("who polls and is too far behind is told to read anew", async (t) => {
    const server = await serve(t);
    for (let i = 0; i < 6_000; i++) server.publish("TASK_UPDATED", { id: "a" });
    const resets: string[] = [];
    const bell = client(t, server.url, { transports: ["poll"] });
    const subscription = bell.subscribe("system", {
        after: server.cursor(0), catchup: "conflate", onReset: (reason) => resets.push(reason),
    }, () => {});
    await until(() => resets.length === 1, "the reset");
    assert.equal(resets[0], "behind");
    assert.equal(subscription.cursor, server.cursor());
});

test("different owners cannot share a connection, tasks and topics can", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url);
    const subscribe = (topic: string, filter: object): unknown => bell.subscribe(topic, { filter }, () => {});
    subscribe("system", { task_id: "a" });
    subscribe("system", { task_id: ["b", "c"] });
    subscribe("logs", { task_id: "a" });
    await until(() => server.heard.some(({ filter }) =>
        JSON.stringify(filter) === '{"task_id":["a","b","c"]}'), "the three together");
    await until(() => bell.state === "live", "live");
    assert.equal(server.sockets.size, 1);
    subscribe("system", { owner: "ann" });
    await until(() => server.sockets.size === 2, "ann's own");
});

test("a connection that nobody needs is closed", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url);
    const one = bell.subscribe("system", {}, () => {});
    const two = bell.subscribe("logs", {}, () => {});
    await until(() => bell.state === "live" && server.sockets.size === 1, "live");
    one.unsubscribe();
    await until(() => server.heard.some(({ type }) => type === "unsubscribe"), "the unsubscribe");
    assert.equal(server.sockets.size, 1);
    two.unsubscribe();
    await until(() => server.sockets.size === 0, "the end of the connection");
});
