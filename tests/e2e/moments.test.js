// What pages show now and then: menus, questions, nothing, the end of a connection. Looked at as in
// everywhere.test.js: nothing for axe to find, and a picture.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { furnish, TASK } from "./scene.js";
import { audit, becomes, photograph, Tabs } from "./tabs.js";

const VIEWS = {
    "desk-light-en": { theme: "light", language: "en" },
    "phone-dark-zh": { theme: "dark", language: "zh", width: 360, height: 740 },
};
const row = (tab, id) => tab.locator(`bw-task-row[data-id="${id}"]`);

const MOMENTS = [
    { name: "nothing-found", path: "/tasks?q=nothing+has+this+name", make: (tab) => tab.locator("#nothing").waitFor() },
    { name: "filtered", path: "/tasks?status=failed,timeout&owner=ann", make: (tab) => tab.locator(".bw-facet").waitFor() },
    { name: "adding-a-filter", path: "/tasks", make: async (tab) => {
        await tab.locator("#add-filter").click();
        await tab.getByRole("menu").waitFor();
    } },
    { name: "menu", path: "/tasks", make: async (tab) => {
        await row(tab, "import-55").locator(".cell-menu button").click();
        await tab.getByRole("menu").waitFor();
    } },
    { name: "selected", path: "/tasks", make: async (tab) => {
        for (const id of ["train-57", "encode-56"]) await row(tab, id).getByRole("checkbox").click();
        await tab.locator(".bw-bulk").waitFor();
    } },
    { name: "notices", path: "/", make: async (tab) => {
        await tab.locator("bw-bell button").click();
        await tab.getByRole("menuitemcheckbox").nth(2).click();
    } },
    { name: "failed", path: "/tasks/report-53", make: async (tab) => {
        await tab.locator(".bw-error summary").click();
        await tab.locator(".bw-error pre").waitFor();
    } },
    { name: "completed", path: "/tasks/train-52", make: (tab) => tab.locator(".bw-json").waitFor() },
    { name: "no-such-task", path: "/tasks/nobody", make: (tab) => tab.locator(".bw-empty p").waitFor() },
    { name: "log", path: `/tasks/${TASK.id}`, make: async (tab) => {
        await tab.getByText(TASK.lastLine).waitFor();
        await tab.locator(".bw-log").scrollIntoViewIfNeeded();
    } },
    { name: "question", path: `/tasks/${TASK.id}`, make: async (tab) => {
        await tab.locator("button[data-action=cancel]").click();
        await tab.getByRole("dialog").waitFor();
    } },
    { name: "help", path: "/tasks", make: async (tab) => {
        await tab.keyboard.press("?");
        await tab.getByRole("dialog").waitFor();
    } },
];

async function look(tab, name, view, found) {
    await photograph(tab, `${name}-${view}`);
    found.push(...(await audit(tab)).map((what) => `${name}-${view}: ${what}`));
}

test("now and then", { timeout: 8 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const found = [];
    const windows = await Promise.all(Object.entries(VIEWS).map(async ([view, size]) => [view, await tabs.window(size)]));
    for (const [view, window] of windows) {
        await look(await tabs.tab("/tasks", window), "empty", view, found);
        const newcomer = await tabs.tab("/", window);
        await newcomer.locator(".bw-welcome").waitFor();
        await look(newcomer, "welcome", view, found);
    }
    await furnish(tabs.daemon);
    for (const [view, window] of windows) {
        for (const { name, path, make } of MOMENTS) {
            const tab = await tabs.tab(path, window);
            await make(tab);
            await look(tab, name, view, found);
            await tab.close();
        }
    }
    const open = [];
    for (const [view, window] of windows) {
        const tab = await tabs.tab("/tasks", window);
        open.push([view, tab]);
        const told = tab.locator(".bw-toast").first().waitFor();
        await tabs.daemon.publish(
            { event_type: "TASK_FAILED", data: { id: "train-57", attempt: open.length, error: { message: "out of memory" } } },
            { event_type: "TASK_COMPLETED", data: { id: "encode-56", attempt: open.length } });
        await told;
        await look(tab, "notice", view, found);
    }
    await tabs.daemon.end("SIGKILL");
    for (const [view, tab] of open) {
        await becomes(tab, "offline");
        await look(tab, "offline", view, found);
    }
    assert.deepEqual(found, []);
});
