// What the tests share: servers and clients that end with the test, and waiting on conditions.
import { setTimeout as pause } from "node:timers/promises";
import type { TestContext } from "node:test";
import { type Client, connect, type ConnectOptions } from "../../src/index.ts";
import { FakeServer } from "./fake.ts";

const WAIT_MS = 60_000; // until a test gives up; no test depends on it

/** Pauses short enough for tests; and a machine may be too busy to open anything soon. */
export const TIMING = {
    backoffMs: [10, 100], openMs: 60_000, pollMs: 20, upgradeMs: [50, 200], lingerMs: 50,
} as const;

/** The first value that is there. */
export async function until<T>(
    condition: () => T | Promise<T>, what: string,
): Promise<NonNullable<T>> {
    for (const end = Date.now() + WAIT_MS; ;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
        await pause(5);
    }
}

export async function serve(t: TestContext): Promise<FakeServer> {
    const server = await new FakeServer().start();
    t.after(() => server.stop());
    return server;
}

export function client(t: TestContext, url: string, options: ConnectOptions = {}): Client {
    const made = connect({ url, ...options, timing: { ...TIMING, ...options.timing } });
    t.after(() => made.close());
    return made;
}
