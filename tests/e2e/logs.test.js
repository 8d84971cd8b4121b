// The log of all tasks: any length of it, searched, paused, saved, and every line with an address of its own.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { gives, Tabs } from "./tabs.js";

const LINES = 200_000;
const options = { timeout: 8 * WAIT_MS };

const text = (n) => `line ${n} of it`;
const line = (tab, n) => tab.locator(".bw-log-text").getByText(text(n), { exact: true });
const loaded = (tab) => tab.locator(".bw-log[aria-busy=false]").waitFor();
const button = (tab, name) => tab.locator(`[data-log=${name}]`);
const texts = () => [...document.querySelectorAll(".bw-log-text")].map((one) => one.textContent); // in the page
const inDocument = (tab) => tab.locator(".bw-log-line").count();

// The lines from..to, of two tasks in turn; every 1000th is a warning.
async function say(daemon, from, to) {
    for (let at = from; at < to; at += 1000) {
        await daemon.publish(...Array.from({ length: Math.min(1000, to - at) }, (_, i) => ({
            event_type: "TASK_LOG", message: text(at + i),
            data: { id: `task-${(at + i) % 2}`, level: (at + i) % 1000 === 0 ? "warning" : "info" },
        })));
    }
}

async function begin(t, lines) {
    const tabs = await Tabs.begin(t);
    await tabs.daemon.created("task-0");
    await tabs.daemon.created("task-1");
    await say(tabs.daemon, 0, lines);
    return tabs;
}

// With the wheel, as anybody does and less than the window at a time, until a line is there.
async function scrollTo(tab, n, dy) {
    await tab.locator(".bw-log").hover();
    const deadline = Date.now() + WAIT_MS;
    while (!(await line(tab, n).isVisible())) {
        assert.ok(Date.now() < deadline, `line ${n} does not come`);
        await tab.mouse.wheel(0, dy);
        await tab.evaluate(() => new Promise(requestAnimationFrame));
    }
}

test("a long log: its end, its beginning, a line found by a search, and that line's address", options, async (t) => {
    const tabs = await begin(t, LINES);
    const tab = await tabs.tab("/logs");
    await line(tab, LINES - 1).waitFor();
    await scrollTo(tab, LINES - 1_500, -500);
    await button(tab, "begin").click();
    await line(tab, 0).waitFor();
    await scrollTo(tab, 1_500, 500);
    assert.ok(await inDocument(tab) < 200, "what nobody sees is not in the document");

    await tab.getByRole("searchbox").fill("LINE 12345 ");
    await line(tab, 12_345).waitFor();
    assert.equal(await inDocument(tab), 1);
    assert.match(tab.url(), /\?q=LINE\+12345/);
    await tab.locator(".bw-log-time").click(); // to the line, with the same search
    await tab.locator(".bw-log-line.is-marked").waitFor();
    await line(tab, 12_344).waitFor(); // among all the others
    const { href } = await tab.evaluate(() => location);
    const other = await tabs.tab(new URL(href).pathname + new URL(href).search);
    await other.locator(".bw-log-line.is-marked").getByText(text(12_345)).waitFor();
    await button(other, "end").click();
    await line(other, LINES - 1).waitFor();
});

test("it follows the end, lets go of it when somebody scrolls up, and can be paused", options, async (t) => {
    const tabs = await begin(t, 2_000);
    const { daemon } = tabs;
    const tab = await tabs.tab("/logs");
    await line(tab, 1_999).waitFor();
    await say(daemon, 2_000, 2_300);
    await line(tab, 2_299).waitFor();
    assert.ok(await line(tab, 2_299).isVisible());

    await scrollTo(tab, 2_150, -300);
    const before = await tab.locator(".bw-log").evaluate((log) => log.scrollTop);
    await say(daemon, 2_300, 2_350);
    await tab.locator(".bw-log-newer").getByText("50 new lines").waitFor();
    assert.equal(await tab.locator(".bw-log").evaluate((log) => log.scrollTop), before, "nothing moved");
    await tab.locator(".bw-log-newer").click();
    await line(tab, 2_349).waitFor();

    await button(tab, "pause").click();
    await say(daemon, 2_350, 2_390);
    await tab.locator(".bw-log-newer").getByText("40 new lines").waitFor();
    assert.equal(await line(tab, 2_389).count(), 0);
    await button(tab, "pause").click();
    await line(tab, 2_389).waitFor();
    await say(daemon, 2_390, 2_400);
    await line(tab, 2_399).waitFor();
});

test("a filter is in the address, holds for what comes, and for what is saved", options, async (t) => {
    const tabs = await begin(t, 5_000);
    const tab = await tabs.tab("/logs?task_id=task-0&level=warning");
    await line(tab, 4_000).waitFor();
    assert.equal(await inDocument(tab), 5);
    await say(tabs.daemon, 5_000, 6_001);
    await line(tab, 6_000).waitFor();
    assert.equal(await inDocument(tab), 7);
    await tab.getByLabel("Least level").selectOption("debug");
    await line(tab, 5_998).waitFor();
    assert.match(tab.url(), /\/logs\?task_id=task-0$/);
    const [download] = await Promise.all([tab.waitForEvent("download"), button(tab, "download").click()]);
    const saved = (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
    assert.deepEqual(saved.map((one) => one.split("task-0 ")[1]),
        Array.from({ length: 3_001 }, (_, i) => text(2 * i)));
});

test("the log of one task is chosen by its id or a part of its title, and left again", options, async (t) => {
    const tabs = await begin(t, 100);
    await tabs.daemon.created("night/7", { title: "Import of the night" });
    await tabs.daemon.publish({ event_type: "TASK_LOG", message: "it is dark", data: { id: "night/7" } });
    const tab = await tabs.tab("/logs");
    const box = tab.getByLabel("Task", { exact: true });
    await box.fill("nobody has this");
    await tab.keyboard.press("Enter");
    await tab.getByText("No task has “nobody has this” in its title or id.").waitFor();
    await box.fill("of the nig");
    await tab.locator('option[value="night/7"]').getByText("Import of the night").waitFor({ state: "attached" });
    await tab.keyboard.press("Enter");
    await tab.locator('.bw-facet [href="/tasks/night%2F7"]').waitFor();
    assert.equal(new URL(tab.url()).searchParams.get("task_id"), "night/7");
    await gives(tab, texts, ["it is dark"]);
    await tab.getByRole("button", { name: "All tasks" }).click();
    await line(tab, 99).waitFor();
    assert.equal(new URL(tab.url()).search, "");
});
