// Commands on the real daemon: what is asked, what is done at once, and what a list shows of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Action, BellwireError, type Task } from "../src/index.ts";
import { type Daemon, daemon } from "./kit/daemon.ts";
import { client, until } from "./kit/kit.ts";

/** The cursor. */
async function say(server: Daemon, id: string, status: string, more: object = {}): Promise<string> {
    const data = { id, status, ...more };
    return (await server.publish([{ event_type: "TASK_STATUS_CHANGED", data }]))[0]!.cursor;
}

const row = async (server: Daemon, id: string): Promise<Task> =>
    (await server.get<{ data: Task }>(`/api/v1/tasks/${encodeURIComponent(id)}`)).data;

test("each command, to a task that nobody works on and to one that has a worker", async (t) => {
    const server = await daemon(t);
    const bell = client(t, server.url);
    const from: Record<Action, string> = {
        start: "pending", pause: "running", resume: "paused", stop: "running", cancel: "running",
        retry: "cancelled",
    };
    for (const action of Object.keys(from) as Action[]) {
        const id = `a/b ö ${action}`;
        await say(server, id, from[action], { worker: "w" });
        const answer = await bell.task(id)[action]("because");
        assert.deepEqual([answer.id, answer.action, answer.effect], [id, action, "asked"]);
        assert.ok(answer.command_id);
        assert.equal((await row(server, id)).command, action);
    }
    await say(server, "idle", "pending");
    const done: [Action, string][] = [
        ["pause", "paused"], ["resume", "pending"], ["stop", "cancelled"], ["retry", "pending"],
        ["cancel", "cancelled"],
    ];
    for (const [action, status] of done) {
        assert.equal((await bell.task("idle")[action]()).effect, "done");
        assert.equal((await row(server, "idle")).status, status);
    }
});

test("a list shows what was asked until it is answered, as REST does", async (t) => {
    const server = await daemon(t);
    const bell = client(t, server.url);
    const list = bell.tasks.list();
    await say(server, "a", "running", { worker: "w", progress: 40, message: "at work" });
    await until(() => list.items.length === 1, "the task");
    const agrees = async (what: (task: Task) => boolean): Promise<void> => {
        const truth = await row(server, "a");
        await until(() => bell.tasks.get("a")?.seq === truth.seq, "the row that REST has");
        const { params: _, result: __, metadata: ___, error, ...expected } = truth;
        assert.deepEqual({ ...bell.tasks.get("a"), error }, { ...expected, error });
        assert.ok(what(truth), JSON.stringify(truth));
    };
    await bell.task("a").pause("lunch");
    await agrees((a) => a.command === "pause" && a.command_at !== null && a.message === "at work");
    await server.publish([{ event_type: "TASK_UPDATED", data: { id: "a", progress: 50 } }]);
    await agrees((a) => a.command === "pause" && a.progress === 50);
    await server.publish([{
        event_type: "TASK_COMMAND_REFUSED", message: "cannot", data: { id: "a", action: "pause" },
    }]);
    await agrees((a) => a.command === null && a.message === "at work");
    await bell.task("a").cancel();
    await say(server, "a", "cancelled");
    await agrees((a) => a.command === null && a.command_at === null && a.status === "cancelled");
    await bell.task("a").retry();
    await agrees((a) => a.command === "retry" && a.status === "cancelled");
    await server.publish([{ event_type: "TASK_UPDATED", data: { id: "a", attempt: 2, progress: 1 } }]);
    await agrees((a) => a.command === null && a.attempt === 2 && a.status === "running");
});

test("what became of it: confirmed, refused, unanswered, replaced, deleted", async (t) => {
    const server = await daemon(t, "--command-answer-s", "2", "--head-heartbeat-ms", "50");
    const bell = client(t, server.url);
    // All in one commit: however slow the machine is, no time passes in between.
    const outcomeOf = async (id: string, answer: object): Promise<string[]> => {
        const cursor = await say(server, id, "running", { worker: "w" });
        const command_id = `of-${id}`;
        await server.publish([
            { id: command_id, event_type: "TASK_COMMAND", data: { id, action: "cancel" } },
            { event_type: "TASK_UPDATED", data: { id, progress: 7 } },
            { topic: "system", event_type: "REPORT", data: { id } },
            answer,
        ]);
        const { outcome, message } = await bell.task(id).answer(
            { id, action: "cancel", command_id, effect: "asked", cursor });
        return [outcome, message];
    };
    assert.deepEqual(await outcomeOf("a", {
        event_type: "TASK_FAILED", message: "enough", data: { id: "a", status: "cancelled" },
    }), ["confirmed", "enough"]);
    assert.deepEqual(await outcomeOf("b", {
        event_type: "TASK_COMMAND_REFUSED", message: "cannot", data: { id: "b", action: "cancel" },
    }), ["refused", "cannot"]);
    assert.deepEqual(await outcomeOf("c", {
        event_type: "TASK_COMMAND", data: { id: "c", action: "stop" },
    }), ["replaced", "stop asked"]);
    assert.deepEqual((await outcomeOf("d", { event_type: "TASK_DELETED", data: { id: "d" } }))[0], "deleted");
    await say(server, "e", "running", { worker: "w" });
    const silence = bell.task("e").answer(await bell.task("e").pause());
    await server.kill(); // it waits on, whatever happens
    await server.start();
    assert.deepEqual(await silence,
        { outcome: "unanswered", message: "pause was asked 2 s ago, and w did not answer" });
    await say(server, "idle", "pending");
    const done = await bell.task("idle").cancel("late");
    assert.deepEqual(await bell.task("idle").answer(done), { outcome: "confirmed", message: "cancelled: late" });
    await assert.rejects(bell.task("idle").answer({ ...done, cursor: "00000000.1" }), { code: "reset" });
});

test("to many: by ids and by filter", async (t) => {
    const server = await daemon(t);
    const bell = client(t, server.url);
    for (const id of ["a", "b", "c"]) await say(server, id, "pending", { owner: "ann" });
    const named = await bell.bulk("cancel", { ids: ["a", "nobody"], reason: "late" });
    assert.deepEqual([named.matched, named.accepted, named.done, named.more], [2, 1, 1, false]);
    assert.deepEqual(named.refused, { not_found: 1 });
    assert.deepEqual(named.errors.map(({ id, code }) => [id, code]), [["nobody", "not_found"]]);
    const found = await bell.bulk("cancel", { filter: { owner: "ann", status: ["pending", "cancelled"] } });
    assert.deepEqual([found.matched, found.accepted, found.refused], [3, 2, { conflict: 1 }]);
    assert.equal((await bell.bulk("delete", { filter: { owner: ["ann"] } })).accepted, 3);
    await assert.rejects(bell.bulk("cancel", { ids: [] }), /^BellwireError: cancel tasks: .*1 to 1000/);
});

test("one that is not possible says which, and why", async (t) => {
    const server = await daemon(t);
    const bell = client(t, server.url);
    await say(server, "a", "cancelled");
    await assert.rejects(bell.task("a").pause(), (error) => {
        assert.ok(error instanceof BellwireError);
        assert.deepEqual([error.code, error.status, error.field], ["conflict", 409, "action"]);
        assert.match(error.message, /^pause a: pause is not possible: the task is cancelled; possible: retry$/);
        return true;
    });
    await assert.rejects(bell.task("nobody").cancel(), { code: "not_found", status: 404 });
});
