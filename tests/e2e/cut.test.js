// Pages that are cut off: by a server that is killed, by a proxy that lets less and less through. What they show
// in the end is what is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { WAIT_MS } from "./kit.js";
import { PAGES, tell } from "./scene.js";
import { becomes, says, Tabs } from "./tabs.js";

const options = { timeout: 8 * WAIT_MS };
const WEBSOCKET = /^\/ws\/realtime/, SSE = /^\/api\/v1\/stream/, LONG_POLL = /^\/api\/v1\/events\?.*wait=[1-9]/;
const PATHS = PAGES.map(({ path }) => path("ship"));

async function until(condition, what) {
    const deadline = Date.now() + WAIT_MS;
    while (!condition()) {
        assert.ok(Date.now() < deadline, `never: ${what}`);
        await sleep(20);
    }
}

test("tabs of one window and of another show the same, as it happens, and after a reload", options, async (t) => {
    const tabs = await Tabs.begin(t);
    await tell(tabs.daemon, "ship", "in the dock");
    const window = await tabs.window();
    const open = await Promise.all([...PATHS, ...PATHS].map((path) => tabs.tab(path, window)));
    open.push(...await tabs.each(PATHS));
    for (const words of ["loading", "at sea", "in port"]) {
        await tell(tabs.daemon, "ship", words);
        for (const tab of open) await says(tab, words);
    }
    await Promise.all(open.map((tab) => tab.reload()));
    for (const tab of open) await says(tab, "in port");
    await tell(tabs.daemon, "ship", "unloading");
    for (const tab of open) await says(tab, "unloading");
});

test("a server that is killed under the pages and comes back", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await tell(daemon, "ship", "at sea");
    const open = await tabs.each(PATHS);
    for (const tab of open) await says(tab, "at sea");

    await daemon.end("SIGKILL");
    for (const tab of open) await becomes(tab, "offline");
    for (const tab of open) await says(tab, "at sea"); // what is known stays
    await daemon.start();
    await tell(daemon, "ship", "in a storm");
    await daemon.publish({ event_type: "TASK_FAILED", data: { id: "ship", error: { message: "an iceberg" } } });
    for (const [n, tab] of open.entries()) {
        await becomes(tab, "live");
        await says(tab, "in a storm");
        if (PATHS[n] !== "/logs") await says(tab, "Failed"); // it has words alone
    }

    // Another journal: nothing of what was known holds any more.
    await daemon.end("SIGTERM");
    daemon.forgetJournal();
    await daemon.start();
    await tell(daemon, "ship", "a new ship");
    for (const tab of open) {
        await becomes(tab, "live");
        await says(tab, "a new ship");
        await tab.getByText("in a storm").first().waitFor({ state: "detached" });
    }
});

test("less and less gets through, and then everything again", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await tell(daemon, "ship", "in the dock");
    const open = await tabs.each(PATHS);
    const allowOnly = async (way, ...blocked) => {
        for (const tab of open) tabs.proxyOf(tab).block(...blocked);
        for (const tab of open) await until(() => tabs.proxyOf(tab).carries(way), `${way}, with ${blocked} blocked`);
    };
    const show = async (words) => {
        await tell(daemon, "ship", words);
        for (const tab of open) await says(tab, words);
    };
    await allowOnly(WEBSOCKET);
    await show("over a WebSocket");
    await allowOnly(SSE, WEBSOCKET);
    await show("over server-sent events");
    for (const tab of open) await becomes(tab, "live");
    await allowOnly(LONG_POLL, WEBSOCKET, SSE);
    await show("over long-polls");
    for (const tab of open) tabs.proxyOf(tab).block(WEBSOCKET, SSE, LONG_POLL);
    for (const tab of open) await becomes(tab, "polling");
    await show("by polling");
    for (const tab of open) tabs.proxyOf(tab).block(/^\/(ws|api)\//);
    for (const tab of open) await becomes(tab, "offline");
    await tell(daemon, "ship", "all the same");
    for (const tab of open) tabs.proxyOf(tab).block();
    for (const tab of open) await tab.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await allowOnly(WEBSOCKET);
    for (const tab of open) {
        await becomes(tab, "live");
        await says(tab, "all the same");
    }
    await show("over a WebSocket again");
});
