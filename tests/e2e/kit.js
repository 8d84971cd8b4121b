// The daemon, as the users of its pages have it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const BUILD = process.env.BELLWIRE_BUILD;
export const WAIT_MS = 60_000; // how long a condition may take; no test depends on it

async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

export class Daemon {
    #folder = mkdtempSync(join(tmpdir(), "bellwire-e2e-"));
    #process = null;
    #runs = []; // each ends one
    #options;
    url;

    constructor(...options) {
        this.#options = options;
    }

    async start() {
        this.url ??= `http://127.0.0.1:${await freePort()}`;
        const log = openSync(join(this.#folder, "log"), "a");
        this.#process = spawn(
            join(BUILD, "bellwired"),
            ["--data", join(this.#folder, "var"), "--http", new URL(this.url).host, ...this.#options],
            { stdio: ["ignore", log, log] },
        );
        const deadline = Date.now() + WAIT_MS;
        while (!(await this.#isReady())) {
            const said = readFileSync(join(this.#folder, "log"), "utf8");
            assert.equal(this.#process.exitCode, null, `bellwired ended by itself:\n${said}`);
            assert.ok(Date.now() < deadline, `bellwired is not ready:\n${said}`);
            await sleep(20);
        }
    }

    async #isReady() {
        try {
            return (await fetch(`${this.url}/readyz`)).ok;
        } catch {
            return false;
        }
    }

    async end(signal) {
        if (this.#process === null) return;
        const ended = once(this.#process, "exit");
        this.#process.kill(signal);
        await ended;
        this.#process = null;
    }

    forgetJournal() {
        rmSync(join(this.#folder, "var"), { recursive: true });
    }

    async remove() {
        await Promise.all(this.#runs.map((end) => end()));
        await this.end("SIGTERM");
        rmSync(this.#folder, { recursive: true });
    }

    // The daemon ends a connection that is idle, perhaps just as it is used again: what has an id may be sent again.
    async publish(...events) {
        const body = JSON.stringify(events.map((event) => ({ id: randomUUID(), ...event })));
        const headers = { "Content-Type": "application/json" };
        const send = () => fetch(`${this.url}/api/v1/events`, { method: "POST", headers, body });
        const answer = await send().catch(send);
        assert.ok(answer.ok, await answer.text());
    }

    created = (id, fields = {}) =>
        this.publish({ event_type: "TASK_CREATED", data: { id, ...fields } });

    updated = (id, fields = {}, message = "") =>
        this.publish({ event_type: "TASK_UPDATED", message, data: { id, ...fields } });

    // `bellwire run ARGUMENTS…`, as anybody starts it; what it runs is ended with the test.
    run(...args) {
        const bus = `ipc://${join(this.#folder, "var", "bus")}`;
        const run = spawn(join(BUILD, "bellwire"), ["--bus", bus, "run", ...args], { stdio: "ignore" });
        const ended = once(run, "exit");
        this.#runs.push(async () => {
            run.kill("SIGTERM");
            await ended;
        });
        return { ended, isRunning: () => run.exitCode === null && run.signalCode === null };
    }

    // "line FROM" to "line TO - 1", with levels in turn.
    async logged(id, from, to) {
        const levels = ["info", "warning", "error"];
        const lines = Array.from({ length: to - from }, (_, i) => ({
            event_type: "TASK_LOG",
            message: `line ${from + i}`,
            data: { id, level: levels[(from + i) % 3] },
        }));
        for (let at = 0; at < lines.length; at += 1000) {
            await this.publish(...lines.slice(at, at + 1000));
        }
    }
}

export const lines = (from, to) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`);
