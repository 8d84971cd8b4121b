// close() leaves nothing behind: a program that closes its client, and has nothing else to do, ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import type { Closing } from "./kit/closing.ts";
import { serve } from "./kit/kit.ts";

const PROGRAM = new URL("kit/closing.ts", import.meta.url).pathname;
const TRANSPORTS = ["websocket", "sse", "long-poll", "poll"] as const;
const ENDS_MS = 20_000; // less than a request is waited for; what is left behind lasts longer still

async function ends(closing: Closing): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(closing)], {
        stdio: ["ignore", "ignore", "inherit"], timeout: ENDS_MS,
    });
    const [code, signal] = await once(child, "exit") as [number | null, string | null];
    assert.deepEqual([code, signal], [0, null], JSON.stringify(closing));
}

for (const transport of TRANSPORTS) {
    test(`a program ends that closes its client: ${transport}`, async (t) => {
        const server = await serve(t);
        server.publish("TASK_LOG", { id: "t" }, "logs");
        server.publish("TASK_CREATED", { id: "t" });
        for (const moment of ["event", "open", "rows", "waiting"] as const) {
            await ends({ url: server.url, transport, moment });
        }
    });
}

test("so it does where there is no server", async (t) => {
    const server = await serve(t);
    await server.stop();
    await ends({ url: server.url, moment: "offline" });
});

test("so it does where a server says nothing", async (t) => {
    const server = createServer(() => {});
    await once(server.listen(0, "127.0.0.1"), "listening");
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await ends({ url, moment: "waiting" });
});
