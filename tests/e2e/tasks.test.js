// The page of all tasks, in a browser, on the real daemon.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { becomes, gives, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const TITLE = "导入小说《红楼梦》 🎬 <b>Übersetzung</b>";

const rowOf = (tab, id) => tab.locator(`bw-task-row[data-id="${id}"]`);
const says = (tab, id, text) => rowOf(tab, id).filter({ hasText: text }).waitFor();
const ids = () => [...document.querySelectorAll("bw-task-row")]
    .sort((a, b) => a.getAttribute("aria-rowindex") - b.getAttribute("aria-rowindex")).map((row) => row.dataset.id);

test("tasks appear and change as it is told, and are the same after a reload", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    const tab = await tabs.tab("/tasks");
    await tab.locator("#nothing").waitFor();

    await daemon.created("a/1 ?#", { title: TITLE });
    await says(tab, "a/1 ?#", TITLE);
    await daemon.updated("a/1 ?#", { progress: 12.5, status: "running", worker: "w1" }, "第三章 👩‍🚀");
    await says(tab, "a/1 ?#", "12.5 %");
    await says(tab, "a/1 ?#", "第三章 👩‍🚀");
    await says(tab, "a/1 ?#", "Running");
    assert.equal(await rowOf(tab, "a/1 ?#").locator(".bw-bar").getAttribute("data-fill"), "low");
    await daemon.updated("a/1 ?#", { progress: 60 });
    await rowOf(tab, "a/1 ?#").locator('.bw-bar[data-fill="high"]').waitFor();

    await tab.reload();
    await says(tab, "a/1 ?#", "60 %");
    await daemon.publish({ event_type: "TASK_FAILED", data: { id: "a/1 ?#", error: { type: "ValueError", message: "no such chapter" } } });
    await says(tab, "a/1 ?#", "ValueError · no such chapter");
    await tab.locator(".bw-toast", { hasText: TITLE }).waitFor();

    await rowOf(tab, "a/1 ?#").locator("a").click();
    assert.equal(new URL(tab.url()).pathname, `/tasks/${encodeURIComponent("a/1 ?#")}`);
    await tab.goBack();
    await says(tab, "a/1 ?#", TITLE);
    await daemon.publish({ event_type: "TASK_DELETED", data: { id: "a/1 ?#" } });
    await tab.locator("#nothing").waitFor();
});

test("filters are in the address, and who stops matching goes", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    for (const [id, owner] of [["one", "ann"], ["two", "ann"], ["three", "bob"], ["four", "ann & co"]]) {
        await daemon.created(id, { owner, title: `Task ${id}` });
    }
    for (const id of ["one", "three", "four"]) await daemon.updated(id, { status: "running" });
    const tab = await tabs.tab("/tasks");
    await gives(tab, ids, ["four", "three", "two", "one"]);

    await tab.click('[data-chip="running"]');
    await gives(tab, ids, ["four", "three", "one"]);
    await tab.click("#add-filter");
    await tab.getByRole("menuitem", { name: "Owner" }).click();
    await tab.locator('.bw-facet option[value="ann & co"]').waitFor({ state: "attached" });
    await tab.locator(".bw-facet input").fill("ann");
    await tab.keyboard.press("Enter");
    await gives(tab, ids, ["one"]);
    assert.equal(new URL(tab.url()).search, "?status=running&owner=ann");

    await tab.reload();
    await gives(tab, ids, ["one"]);
    await daemon.updated("two", { status: "running" });
    await gives(tab, ids, ["two", "one"]);
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: "one" } });
    await gives(tab, ids, ["two"]);

    await tab.click("#clear");
    await tab.fill("#search", "three");
    await gives(tab, ids, ["three"]);
    assert.equal(new URL(tab.url()).search, "?q=three");
    await tab.selectOption("#sort", "created_at");
    await tab.fill("#search", "");
    await gives(tab, ids, ["one", "two", "three", "four"]);
    assert.equal(new URL(tab.url()).search, "?sort=created_at");
});

test("what is selected is commanded: real programs are paused and cancelled", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    for (const id of ["run-1", "run-2", "run-3"]) daemon.run("--id", id, "--", "sleep", "600");
    const tab = await tabs.tab("/tasks?sort=created_at");
    for (const id of ["run-1", "run-2", "run-3"]) await says(tab, id, "Running");
    const order = await tab.evaluate(ids);

    await rowOf(tab, order[0]).locator(".cell-select").click();
    await rowOf(tab, order[1]).locator(".cell-select").click({ modifiers: ["Shift"] });
    await tab.click('.bw-bulk [data-action="pause"]');
    for (const id of order.slice(0, 2)) await says(tab, id, "Paused");
    await says(tab, order[2], "Running");

    // By the keyboard: the first, its menu's command, all that match.
    await tab.keyboard.press("k");
    await tab.keyboard.press("m");
    await tab.getByRole("menuitem", { name: "Resume" }).click();
    await says(tab, order[0], "Running");
    await tab.keyboard.press("x");
    await tab.click("#select-matching");
    await tab.click('.bw-bulk [data-action="cancel"]');
    await tab.click('dialog [data-answer="yes"]');
    for (const id of order) await says(tab, id, "Cancelled");
});

test("without a connection the list goes on by polling, and commands rest", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("walk", { title: "Walk" });
    const tab = await tabs.tab("/tasks");
    await says(tab, "walk", "Walk");

    tabs.proxyOf(tab).block(/^\/ws\/realtime/, /^\/api\/v1\/stream/, /^\/api\/v1\/events\?.*wait=[1-9]/);
    await becomes(tab, "polling");
    await daemon.updated("walk", { progress: 40 });
    await daemon.created("new", { title: "While polling" });
    await says(tab, "walk", "40 %");
    await says(tab, "new", "While polling");
    await rowOf(tab, "walk").locator(".cell-select").click();
    assert.ok(await tab.locator('.bw-bulk [data-action="cancel"]').isDisabled());

    tabs.proxyOf(tab).block();
    await tab.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await becomes(tab, "live");
    await daemon.updated("walk", { progress: 41 });
    await says(tab, "walk", "41 %");

    await daemon.end("SIGKILL");
    await becomes(tab, "offline");
    await daemon.start();
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: "walk" } });
    await becomes(tab, "live");
    await says(tab, "walk", "Completed");
});

/** Goes on down the list, and again from its top; how many tasks were seen. */
const walked = () => {
    const seen = globalThis.seen ??= new Set();
    for (const { dataset } of document.querySelectorAll("bw-task-row")) seen.add(dataset.id);
    const grid = document.querySelector(".bw-grid");
    const before = grid.scrollTop;
    grid.scrollBy(0, grid.clientHeight / 2);
    if (grid.scrollTop === before) grid.scrollTo(0, 0);
    return seen.size;
};

test("many that come at once are all in the list", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    const create = (from, to) => daemon.publish(...Array.from({ length: to - from }, (_, i) =>
        ({ event_type: "TASK_CREATED", data: { id: `t${from + i}` } })));
    await create(0, 60);
    const tab = await tabs.tab("/tasks");
    await rowOf(tab, "t59").waitFor();
    await create(60, 460);
    await rowOf(tab, "t459").waitFor();
    await gives(tab, walked, 460);
});

test("of all that match one is taken out, and what has the focus takes Enter", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    for (let i = 0; i < 3; i++) await daemon.created(`t${i}`);
    const tab = await tabs.tab("/tasks");
    await rowOf(tab, "t0").waitFor();
    const boxes = () => [...document.querySelectorAll("bw-task-row")]
        .map((row) => [row.dataset.id, row.querySelector("input").checked, row.ariaSelected]);

    await tab.locator('[role="columnheader"] input').click();
    await gives(tab, boxes, ["t2", "t1", "t0"].map((id) => [id, true, "true"]));
    await rowOf(tab, "t1").locator(".cell-select").click();
    await gives(tab, boxes, [["t2", true, "true"], ["t1", false, "false"], ["t0", true, "true"]]);

    await tab.keyboard.press("j");
    await tab.locator('nav a[href="/logs"]').focus();
    await tab.keyboard.press("Enter");
    await gives(tab, () => location.pathname, "/logs");
});
