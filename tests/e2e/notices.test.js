// Told on every page: that tasks have failed, or completed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { PAGES } from "./scene.js";
import { gives, Tabs } from "./tabs.js";

const toast = (tab, text) => tab.locator(".bw-toast", { hasText: text });
const fail = (daemon, id) => daemon.publish({ event_type: "TASK_FAILED", data: { id, error: { message: "no" } } });
const complete = (daemon, id) => daemon.publish({ event_type: "TASK_COMPLETED", data: { id } });

async function choose(tab, what) {
    await tab.getByRole("button", { name: "Notifications" }).click();
    await tab.locator(".bw-menu").getByText(what, { exact: true }).click();
    await tab.keyboard.press("Escape");
}

test("on the page, whichever it is: failures, and what completes where that is wanted", { timeout: 4 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    for (const id of ["other", "a", "b", "c"]) await daemon.created(id, { title: `Task <${id}>` });
    const open = await tabs.each(PAGES.map(({ path }) => path("other")));
    const [overview] = open;
    await choose(overview, "Completed and failed tasks");
    await complete(daemon, "a");
    await toast(overview, "Completed: Task <a>").waitFor();
    await fail(daemon, "b");
    for (const tab of open) await toast(tab, "Failed: Task <b>").waitFor();
    assert.equal(await toast(open[1], "Completed").count(), 0);
    await toast(overview, "Failed: Task <b>").getByRole("link").click();
    await overview.waitForURL("**/tasks/b");

    await choose(overview, "None");
    await fail(daemon, "c");
    await toast(open[1], "Failed: Task <c>").waitFor();
    assert.equal(await toast(overview, "Task <c>").count(), 0);
});

test("by the browser, when it was asked for and nobody looks", { timeout: 4 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("a", { title: "Task a" });
    const window = await tabs.window();
    await window.addInitScript(() => { // Chromium without a screen shows none
        globalThis.shown = [];
        globalThis.Notification = class {
            static permission = "default";
            static requestPermission = async () => (globalThis.Notification.permission = "granted");
            constructor(text) { globalThis.shown.push(text); globalThis.last = this; }
        };
        document.hasFocus = () => false;
    });
    const tab = await tabs.tab("/", window);
    await choose(tab, "Also by the browser");
    await tab.waitForFunction(() => localStorage["bellwire.notices.browser"] === "yes");
    await fail(daemon, "a");
    await gives(tab, () => globalThis.shown, ["Failed: Task a"]);
    await tab.evaluate(() => globalThis.last.onclick());
    await tab.waitForURL("**/tasks/a");
});
