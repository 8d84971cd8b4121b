// Requests: tokens, commands, and what errors say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BellwireError, connect } from "../src/index.ts";
import { client, serve, until } from "./kit/kit.ts";

test("a token goes with every transport", async (t) => {
    for (const transport of ["websocket", "sse", "long-poll", "poll"] as const) {
        const server = await serve(t);
        server.token = "secret";
        const bell = client(t, server.url, { token: "secret", transports: [transport] });
        bell.subscribe("system", {}, () => {});
        await until(() => bell.transport === transport, transport);
        assert.deepEqual([...new Set(server.tokens)], ["secret"]);
    }
});

test("a token that is refused is renewed", async (t) => {
    const server = await serve(t);
    server.publish("TASK_CREATED", { id: "a" });
    server.token = "1";
    let asked = 0;
    const bell = client(t, server.url, {
        token: async () => {
            asked++;
            return server.token!;
        },
    });
    await bell.task("a").get();
    await bell.task("a").get();
    assert.equal(asked, 1, "kept as long as it is good");
    server.token = "2";
    assert.equal((await bell.task("a").get()).id, "a");
    assert.equal(asked, 2);
    bell.subscribe("system", {}, () => {});
    await until(() => bell.state === "live", "live");
    server.token = "3";
    server.drop();
    await until(() => server.tokens.at(-1) === "3" && bell.state === "live", "live again");
});

test("a token that stays refused is an error, not a loop", async (t) => {
    const server = await serve(t);
    server.token = "right";
    const bell = client(t, server.url, { token: () => "wrong" });
    await assert.rejects(bell.task("a").get(), { code: "unauthorized", status: 401 });
    assert.equal(server.tokens.length, 2);
    bell.subscribe("system", {}, () => {});
    await until(() => bell.state === "offline", "offline");
    assert.match(String(bell.error), /bad token/);
});

test("a function that gives no token is asked again next time", async (t) => {
    const server = await serve(t);
    server.token = "good";
    server.publish("TASK_CREATED", { id: "a" });
    let asked = 0;
    const bell = client(t, server.url, {
        token: () => {
            if (++asked === 1) throw new Error("the login is away");
            return "good";
        },
    });
    await assert.rejects(bell.task("a").get(), /the login is away/);
    assert.equal((await bell.task("a").get()).id, "a");
});

test("a command that fails says which, and why", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url);
    const fails = async (status: number, body: object, code: string, message: RegExp): Promise<void> => {
        server.commands = { status, body };
        await assert.rejects(bell.task("a").cancel(), (error) => {
            assert.ok(error instanceof BellwireError);
            assert.equal(error.code, code);
            assert.equal(error.status, status);
            assert.match(error.message, message);
            return true;
        });
    };
    await fails(404, { code: "not_found", detail: "there is no task of this id" }, "not_found",
        /^cancel a: there is no task of this id$/);
    await fails(409, { code: "conflict", detail: "the task is final" }, "conflict", /^cancel a: the task is final$/);
    await fails(502, {}, "http", /HTTP 502/);
    await server.stop();
    await assert.rejects(bell.task("a").cancel(), { code: "network", message: /no answer from/ });
});

test("an address with a path keeps it; without any there is an error", async (t) => {
    const server = await serve(t);
    const bell = client(t, `${server.url}/under/here`);
    await assert.rejects(bell.task("a").get());
    assert.deepEqual(server.requests, ["GET /under/here/api/v1/tasks/a"]);
    assert.throws(() => connect({}), /no url/);
});

test("a closed client is quiet, and says so when it is asked", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url);
    const got: string[] = [];
    bell.subscribe("system", {}, ({ id }) => got.push(id));
    bell.tasks.watch("a");
    bell.tasks.list();
    await until(() => bell.state === "live", "live");
    bell.close();
    await until(() => server.sockets.size === 0, "the end of its connections");
    server.publish("TASK_CREATED", { id: "a" });
    assert.deepEqual(got, []);
    assert.throws(() => bell.subscribe("system", {}, () => {}), /closed/);
});
