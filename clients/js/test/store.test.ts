// The live store on a scripted server: snapshot and events make one truth, which never goes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "../src/index.ts";
import { daemon } from "./kit/daemon.ts";
import { client, serve, until } from "./kit/kit.ts";

const states = (tasks: readonly Task[]): string[] =>
    tasks.map(({ id, status, progress }) => `${id} ${status} ${progress}`);

test("a watched task: what is known, every change, its end, and that it was deleted", async (t) => {
    const server = await serve(t);
    server.publish("TASK_CREATED", { id: "a", title: "A" });
    const bell = client(t, server.url);
    const seen: string[] = [];
    bell.tasks.watch("a", (task) => seen.push(task ? `${task.status} ${task.progress}` : "none"));
    assert.equal(bell.tasks.get("a"), undefined);
    await until(() => seen.length === 1, "what is known");
    server.publish("TASK_UPDATED", { id: "a", progress: 10, status: "running" });
    await until(() => seen.length === 2, "the progress");
    server.publish("TASK_COMPLETED", { id: "a", progress: 100 });
    await until(() => seen.length === 3, "the end");
    assert.equal(bell.tasks.get("a")?.title, "A");
    assert.ok(bell.tasks.get("a")?.finished_at);
    server.publish("TASK_DELETED", { id: "a" });
    await until(() => seen.length === 4, "that it was deleted");
    assert.equal(bell.tasks.get("a"), null);
    assert.deepEqual(seen, ["pending 0", "running 10", "completed 100", "none"]);
});

test("a task that is not there yet is waited for", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url);
    bell.tasks.watch("a");
    await until(() => bell.tasks.get("a") === null, "that there is none");
    server.publish("TASK_CREATED", { id: "a", title: "A" });
    await until(() => bell.tasks.get("a")?.title === "A", "the task");
});

test("what can be no task's id is no task, and nobody else's watch suffers", async (t) => {
    const server = await daemon(t);
    const bell = client(t, server.url);
    const seen: unknown[] = [];
    bell.tasks.watch("a", (task) => seen.push(task && task.progress));
    await until(() => seen.length === 1, "that there is none");
    for (const id of ["", "ö".repeat(65)]) {
        bell.tasks.watch(id, (task) => seen.push(task));
        assert.equal(bell.tasks.get(id), null);
        assert.throws(() => bell.subscribe("system", { filter: { task_id: id } }, () => {}), /no filter: /);
    }
    assert.throws(() => bell.subscribe("system", { filter: { event_types: [] } }, () => {}), /no filter: /);
    bell.tasks.watch("ö".repeat(64));
    await server.publish([{ event_type: "TASK_UPDATED", data: { id: "a", progress: 2 } }]);
    await until(() => seen.includes(2), "the task");
    assert.deepEqual(seen, [null, null, null, 2]);
});

test("many watches are one subscription and few requests", async (t) => {
    const server = await serve(t);
    const ids = Array.from({ length: 150 }, (_, i) => `task-${i}`);
    for (const id of ids) server.publish("TASK_CREATED", { id });
    const bell = client(t, server.url);
    const stops = ids.map((id) => bell.tasks.watch(id));
    await until(() => ids.every((id) => bell.tasks.get(id)), "all of them");
    assert.equal(server.requests.filter((r) => r.startsWith("GET /api/v1/tasks?")).length, 2);
    assert.equal(server.sockets.size, 1);
    for (const stop of stops.slice(1)) stop();
    await until(() => JSON.stringify(server.heard.at(-1)?.["filter"]) === '{"task_id":["task-0"]}',
        "the narrower filter");
    server.publish("TASK_UPDATED", { id: "task-1", progress: 1 });
    server.publish("TASK_UPDATED", { id: "task-0", progress: 2 });
    await until(() => bell.tasks.get("task-0")?.progress === 2, "the one that is left");
    assert.equal(bell.tasks.get("task-1"), undefined, "what nobody looks at is forgotten");
});

test("answers that come late take nothing back", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", progress: 10 });
    // Answers of REST are as old as when they were asked for, and slow.
    const held: (() => void)[] = [];
    const slow: typeof fetch = async (url, init) => {
        const response = await fetch(url, init);
        if (!String(url).includes("/tasks")) return response;
        const text = await response.text();
        await new Promise<void>((resolve) => held.push(resolve));
        return new Response(text, response);
    };
    const bell = client(t, server.url, { fetch: slow });
    const seen: number[] = [];
    bell.tasks.watch("a", (task) => seen.push(task?.progress ?? -1));
    const events: string[] = [];
    const { ready } = bell.subscribe("system", { catchup: "conflate" }, ({ id }) => events.push(id));
    await ready;
    await until(() => held.length === 1 && bell.state === "live", "the request");
    server.publish("TASK_UPDATED", { id: "a", progress: 20, message: "told by the event" });
    server.publish("TASK_UPDATED", { id: "a", progress: 30 });
    await until(() => events.length === 2, "the events");
    assert.equal(bell.tasks.get("a"), undefined, "an event on its own is no row");
    held[0]!();
    await until(() => seen.length > 0, "the row");
    assert.deepEqual(seen, [30]);
    assert.equal(bell.tasks.get("a")?.message, "told by the event");
});

test("a late answer does not bring a deleted task back", async (t) => {
    const server = await serve(t);
    server.publish("TASK_CREATED", { id: "a" });
    const bell = client(t, server.url);
    const list = bell.tasks.list();
    await until(() => list.items.length === 1, "the task");
    const old = { ...list.items[0]! };
    server.publish("TASK_DELETED", { id: "a" });
    await until(() => list.items.length === 0, "its deletion");
    server.tasks.set("a", old); // as a reader would have it that looked before
    bell.tasks.watch("a");
    const requests = server.requests.length;
    await until(() => server.requests.length > requests, "the answer");
    server.publish("TASK_CREATED", { id: "b" });
    await until(() => list.items.length === 1, "a later task");
    assert.deepEqual(list.items.map(({ id }) => id), ["b"]);
});

test("a list: in order, as long as was asked for, and it follows who comes and goes", async (t) => {
    const server = await serve(t);
    for (const id of ["a", "b", "c", "d"]) server.publish("TASK_UPDATED", { id, status: "running" });
    const bell = client(t, server.url);
    const list = bell.tasks.list({ status: "running", limit: 3 });
    await until(() => list.isLoaded, "the list");
    assert.deepEqual(list.items.map(({ id }) => id), ["d", "c", "b"]);
    assert.equal(list.total, 4);
    assert.equal(list.items, list.items, "the same as long as nothing changes");
    server.publish("TASK_UPDATED", { id: "a", progress: 5 });
    await until(() => list.items[0]?.id === "a", "the one that moved up");
    assert.deepEqual(list.items.map(({ id }) => id), ["a", "d", "c"]);
    server.publish("TASK_COMPLETED", { id: "d" });
    server.publish("TASK_CREATED", { id: "e" });
    server.publish("TASK_UPDATED", { id: "f", title: "new" });
    await until(() => list.items[0]?.title === "new" && list.items.length === 3, "the new one");
    assert.deepEqual(list.items.map(({ id }) => id), ["f", "a", "c"]);
    await until(() => list.total === 4, "how many there are now");
    list.close();
});

test("a list that was away is right again, rows conflated or not", async (t) => {
    for (const conflateBeyond of [Infinity, 3]) {
        const server = await serve(t);
        server.conflateBeyond = conflateBeyond;
        for (let i = 0; i < 10; i++) server.publish("TASK_CREATED", { id: `t${i}` });
        const bell = client(t, server.url);
        const list = bell.tasks.list({ limit: Infinity });
        await until(() => list.items.length === 10 && bell.state === "live", "the list");
        await server.stop();
        for (let i = 0; i < 10; i++) server.publish("TASK_UPDATED", { id: `t${i}`, progress: i });
        for (let i = 5; i < 15; i++) server.publish("TASK_UPDATED", { id: `t${i}`, progress: 50 });
        await server.start();
        const truth = states([...server.tasks.values()].sort((a, b) => b.seq - a.seq));
        await until(() => String(states(list.items)) === String(truth), "the truth");
    }
});

test("another journal: nothing of the one before is left", async (t) => {
    const server = await serve(t);
    server.publish("TASK_CREATED", { id: "old" });
    server.publish("TASK_UPDATED", { id: "both", progress: 90 });
    const bell = client(t, server.url);
    const list = bell.tasks.list();
    bell.tasks.watch("both");
    await until(() => list.items.length === 2 && bell.tasks.get("both"), "the tasks");
    await server.stop();
    server.replaceJournal();
    server.publish("TASK_UPDATED", { id: "both", progress: 1 });
    await server.start();
    await until(() => list.items.length === 1 && list.items[0]?.progress === 1, "the new journal's");
    assert.equal(bell.tasks.get("both")?.progress, 1);
});

test("a journal restored from a copy: what it says is true again, and what comes is heard", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", progress: 10 });
    const bell = client(t, server.url);
    const completed = bell.tasks.list({ status: "completed" });
    bell.tasks.watch("a");
    await until(() => bell.tasks.get("a")?.progress === 10, "the task");
    for (let i = 11; i < 40; i++) server.publish("TASK_UPDATED", { id: "a", progress: i });
    server.publish("TASK_COMPLETED", { id: "a" });
    await until(() => bell.tasks.get("a")?.status === "completed" && completed.items.length === 1, "its end");
    await server.stop();
    server.restoreJournal(1);
    await server.start();
    await until(() => bell.tasks.get("a")?.progress === 10 && completed.items.length === 0, "the state of the copy");
    server.publish("TASK_UPDATED", { id: "a", progress: 60 });
    await until(() => bell.tasks.get("a")?.progress === 60, "what comes now");
});

test("who watches a task that is known already is told of it", async (t) => {
    const server = await serve(t);
    server.publish("TASK_COMPLETED", { id: "a" });
    const bell = client(t, server.url);
    const told: string[] = [];
    const tell = (who: string) => (task: { status: string } | null): number => told.push(`${who} ${task?.status}`);
    const list = bell.tasks.list();
    await until(() => list.items.length === 1, "the list");
    bell.tasks.watch("a", tell("first"));
    bell.tasks.watch("a", tell("second"));
    bell.tasks.watch("a", tell("gone"))();
    await until(() => told.length === 2, "both");
    assert.deepEqual(told, ["first completed", "second completed"]);
});

test("a list outlives that a token cannot be had for once, and one that cannot be does no harm", async (t) => {
    const server = await serve(t);
    server.publish("TASK_CREATED", { id: "a" });
    let asked = 0;
    const bell = client(t, server.url, {
        token: () => {
            if (++asked === 2) throw new Error("no token now");
            return "good";
        },
    });
    assert.throws(() => bell.tasks.list({ id: [] }));
    const list = bell.tasks.list();
    await until(() => list.items.length === 1 && bell.state === "live", "the task");
    assert.equal(list.error, null);
});

test("while the tasks cannot be read the list says why, and then reads them", async (t) => {
    const server = await serve(t);
    server.publish("TASK_CREATED", { id: "a" });
    const bell = client(t, server.url);
    server.broken.add("tasks");
    const list = bell.tasks.list();
    await until(() => list.error, "the error");
    assert.match(String(list.error), /away/);
    server.broken.delete("tasks");
    await until(() => list.items.length === 1, "the task");
    assert.equal(list.error, null);
});

test("a watch outlives that the server refuses to tell of tasks", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url, { token: "good" });
    bell.subscribe("system", {}, () => {});
    await until(() => bell.state === "live", "live");
    server.publish("TASK_CREATED", { id: "a", title: "A" });
    server.token = "another";
    bell.tasks.watch("a");
    await until(() => server.requests.filter((r) => r.includes("/api/v1/")).length > 4, "several questions");
    server.token = "good";
    await until(() => bell.tasks.get("a")?.title === "A", "the task");
});

test("names may have commas in them, however they are asked for", async (t) => {
    for (const transports of [["websocket"], ["sse"]] as const) {
        const server = await daemon(t);
        const data = [{ id: "a,b", owner: "Smith, Ann" }, { id: "a", owner: "Smith" }, { id: "c\\", owner: "CORP\\ann" }];
        const events = (event_type: string): object[] => data.map((data) => ({ event_type, data }));
        await server.publish(events("TASK_CREATED"));
        const bell = client(t, server.url, { transports });
        const lists = data.map(({ owner }) => bell.tasks.list({ owner }));
        for (const { id } of data) bell.tasks.watch(id);
        const isKnown = (status: string): boolean => data.every(({ id }, i) =>
            bell.tasks.get(id)?.status === status && lists[i]!.items.length === 1 && lists[i]!.items[0]!.id === id);
        await until(() => isKnown("pending"), "each found");
        await server.publish(events("TASK_COMPLETED"));
        await until(() => isKnown("completed"), "each followed");
    }
});
