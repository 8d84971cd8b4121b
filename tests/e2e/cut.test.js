// Pages that are cut off: by a server that is killed, by a proxy that lets less and less through, by their own
// slowness. What they show in the end is what is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { becomes, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const WEBSOCKET = /^\/ws\/realtime/, SSE = /^\/api\/v1\/stream/, LONG_POLL = /^\/api\/v1\/events\?.*wait=[1-9]/;
const PATHS = ["/tasks", "/tasks/ship"];

const says = (tab, text) => tab.getByText(text).first().waitFor();

async function until(condition, what) {
    const deadline = Date.now() + WAIT_MS;
    while (!condition()) {
        assert.ok(Date.now() < deadline, `never: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

test("two tabs and another page see the same, as it happens", options, async (t) => {
    const tabs = await Tabs.begin(t);
    await tabs.daemon.created("ship", { title: "Ship it" });
    const window = await tabs.window();
    const open = await Promise.all([...PATHS, "/tasks"].map((path) => tabs.tab(path, window)));
    for (const [n, words] of ["loading", "at sea", "in port"].entries()) {
        await tabs.daemon.updated("ship", { progress: 20 * (n + 1) }, words);
        for (const tab of open) await says(tab, words);
    }
    await open[0].reload();
    await says(open[0], "in port");
});

test("a server that is killed under the pages and comes back: what happened meanwhile is shown", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("ship", { title: "Ship it" });
    const window = await tabs.window();
    const open = await Promise.all(PATHS.map((path) => tabs.tab(path, window)));
    for (const tab of open) await says(tab, "Ship it");

    await daemon.end("SIGKILL");
    for (const tab of open) await tab.locator(".bw-live:not([data-state=live])").waitFor();
    for (const tab of open) await says(tab, "Ship it"); // what is known stays
    await daemon.start();
    await daemon.publish({ event_type: "TASK_FAILED", message: "sunk", data: { id: "ship", error: { message: "an iceberg" } } });
    for (const tab of open) {
        await becomes(tab, "live");
        await says(tab, "Failed");
    }
    await daemon.publish({ event_type: "TASK_STATUS_CHANGED", data: { id: "ship", status: "running", attempt: 2 } });
    for (const tab of open) await says(tab, "Running");
});

test("less and less gets through, and then everything again", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon, proxy } = tabs;
    await daemon.created("ship", { title: "Ship it" });
    const tab = await tabs.tab("/tasks");
    const shows = async (words) => {
        await daemon.updated("ship", { progress: 50 }, words);
        await says(tab, words);
    };
    await until(() => proxy.carries(WEBSOCKET), "a WebSocket");
    await shows("over a WebSocket");
    proxy.block(WEBSOCKET);
    await until(() => proxy.carries(SSE), "server-sent events");
    await becomes(tab, "live");
    await shows("over server-sent events");
    proxy.block(WEBSOCKET, SSE);
    await until(() => proxy.carries(LONG_POLL), "a long-poll");
    await shows("over long-polls");
    proxy.block(WEBSOCKET, SSE, LONG_POLL);
    await becomes(tab, "polling");
    await shows("by polling");
    proxy.block(/^\/(ws|api)\//);
    await becomes(tab, "offline");
    await daemon.publish({ event_type: "TASK_COMPLETED", message: "all the same", data: { id: "ship" } });
    proxy.block();
    await tab.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await becomes(tab, "live");
    await until(() => proxy.carries(WEBSOCKET), "a WebSocket again");
    await says(tab, "Completed");
});

test("a slow tab harms nobody and shows the end", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("ship", { title: "Ship it" });
    const window = await tabs.window();
    const [slow, quick] = await Promise.all([tabs.tab("/tasks", window), tabs.tab("/tasks")]);
    const session = await window.newCDPSession(slow);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 20 });
    for (let n = 0; n < 20; n++) {
        const events = Array.from({ length: 500 }, (_, i) => (
            { event_type: "TASK_UPDATED", message: `knot ${n * 500 + i}`, data: { id: `boat-${i % 100}`, progress: 5 * n } }));
        await daemon.publish(...events);
    }
    await daemon.publish({ event_type: "TASK_COMPLETED", message: "in port", data: { id: "ship" } });
    await says(quick, "in port");
    await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    await says(slow, "in port");
    await says(slow, "knot 9999");
});
