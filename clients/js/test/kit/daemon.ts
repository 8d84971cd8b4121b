// The real bellwired, with its own data and a port that survive its restarts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { until } from "./kit.ts";

const PROGRAM = join(process.env["BELLWIRE_BUILD"] ?? "../../build/release", "bellwired");

export interface Published {
    id: string;
    cursor: string;
}

export class Daemon {
    readonly #folder = mkdtempSync(join(tmpdir(), "bellwire-js-"));
    readonly #settings: readonly string[];
    #port = 0;
    #process: ChildProcess | null = null;

    constructor(settings: readonly string[]) {
        this.#settings = settings;
    }

    get url(): string {
        return `http://127.0.0.1:${this.#port}`;
    }

    async start(): Promise<this> {
        this.#port ||= await freePort();
        const process = spawn(PROGRAM, ["--data", this.#folder,
            "--http", `127.0.0.1:${this.#port}`, ...this.#settings], { stdio: "ignore" });
        this.#process = process;
        await until(async () => {
            if (process.exitCode !== null) throw new Error(`${PROGRAM} ended: ${process.exitCode}`);
            return (await fetch(`${this.url}/readyz`).catch(() => null))?.ok;
        }, "the daemon");
        return this;
    }

    async kill(): Promise<void> {
        const process = this.#process;
        this.#process = null;
        if (!process || process.exitCode !== null) return;
        process.kill("SIGKILL");
        await once(process, "exit");
    }

    async end(): Promise<void> {
        await this.kill();
        rmSync(this.#folder, { recursive: true, force: true });
    }

    /** Asks again until it is answered: the ids make that harmless. */
    async publish(events: readonly object[]): Promise<Published[]> {
        return until(async () => {
            const response = await fetch(`${this.url}/api/v1/events`, {
                method: "POST", body: JSON.stringify(events),
                headers: { "content-type": "application/json" },
            }).catch(() => null);
            if (!response?.ok) return null;
            const { data } = await response.json() as { data: { results: Published[] } };
            return data.results;
        }, "the ack of a publish");
    }

    async get<T>(path: string): Promise<T> {
        const response = await fetch(this.url + path);
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        return await response.json() as T;
    }
}

export async function daemon(t: TestContext, ...settings: string[]): Promise<Daemon> {
    const made = new Daemon(settings);
    t.after(() => made.end());
    return made.start();
}

/** Below those that the kernel gives to others, so that it is still free after a restart. */
async function freePort(): Promise<number> {
    for (;;) {
        const server = createServer();
        const port = 10_000 + Math.floor(Math.random() * 20_000);
        const isFree = await new Promise<boolean>((resolve) => {
            server.once("error", () => resolve(false));
            server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port === port));
        });
        await new Promise((resolve) => server.close(resolve));
        if (isFree) return port;
    }
}
