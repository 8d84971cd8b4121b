// More happens than a page can take in: it draws no more often than anybody sees, and who is slow hears what is
// and not all that was.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { PAGES, tell } from "./scene.js";
import { says, Tabs } from "./tabs.js";

const options = { timeout: 8 * WAIT_MS };
const PATHS = PAGES.map(({ path }) => path("ship"));

// A hundred events of the task and a hundred lines of its log, each with so many bytes.
const storm = (n, bytes = 0) => Array.from({ length: 100 }, (_, i) => [
    { event_type: "TASK_UPDATED", message: `knot ${n}`, data: { id: "ship", progress: n, metadata: { cargo: "x".repeat(bytes) } } },
    { event_type: "TASK_LOG", message: `line ${i} ${"x".repeat(bytes)}`, data: { id: "ship" } },
]).flat();

// Counts how often something is drawn and how many frames there were meanwhile.
function count(selector) {
    const counts = { drawn: 0, frames: 0 };
    new MutationObserver(() => counts.drawn++).observe(document.querySelector(selector), { childList: true, subtree: true });
    const frame = () => {
        counts.frames++;
        requestAnimationFrame(frame);
    };
    frame();
    globalThis.counts = counts;
}

test("a page draws at most once per frame", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await tell(daemon, "ship", "at sea");
    const tab = await tabs.tab("/tasks/ship");
    await says(tab, "at sea");
    await tab.evaluate(count, ".bw-log");
    for (let n = 0; n < 10; n++) await daemon.publish(...storm(n));
    await tell(daemon, "ship", "in port");
    await tab.locator(".bw-log").getByText("in port").waitFor();
    const { drawn, frames } = await tab.evaluate(() => globalThis.counts);
    assert.ok(drawn <= frames, `drawn ${drawn} times in ${frames} frames`);
});

test("a tab whose processor is slow shows the end, and holds nobody up", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await tell(daemon, "ship", "at sea");
    const [slow, quick] = await Promise.all([tabs.each(PATHS), tabs.each(PATHS)]);
    const sessions = await Promise.all(slow.map((tab) => tab.context().newCDPSession(tab)));
    for (const session of sessions) await session.send("Emulation.setCPUThrottlingRate", { rate: 10 });
    for (let n = 0; n < 10; n++) await daemon.publish(...storm(n));
    await tell(daemon, "ship", "in port");
    for (const tab of quick) await says(tab, "in port");
    for (const session of sessions) await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    for (const tab of slow) await says(tab, "in port");
});

test("a tab that reads nothing falls behind, and is told how things are", options, async (t) => {
    const STORMS = 10, BYTES = 20_000; // of each topic more than the kernel keeps for a socket
    const tabs = await Tabs.begin(t, "--ring-bytes", "64K", "--deflate", "off");
    const { daemon } = tabs;
    await tell(daemon, "ship", "at sea");
    const [slow, quick] = await Promise.all([tabs.each(PATHS), tabs.each(PATHS)]);
    for (const tab of [...slow, ...quick]) await says(tab, "at sea");
    for (const tab of slow) tabs.proxyOf(tab).hold();
    for (let n = 0; n < STORMS; n++) await daemon.publish(...storm(n, BYTES));
    await tell(daemon, "ship", "in port");
    for (const tab of quick) await says(tab, "in port");
    for (const tab of slow) tabs.proxyOf(tab).release();
    for (const tab of slow) await says(tab, "in port");
    const list = tabs.proxyOf(slow[PATHS.indexOf("/tasks")]);
    assert.ok(list.toldBytes < STORMS * 100 * BYTES / 2, "the list hears of how tasks are, not of each event");
    await tell(daemon, "ship", "unloading");
    for (const tab of [...slow, ...quick]) await says(tab, "unloading");
});
