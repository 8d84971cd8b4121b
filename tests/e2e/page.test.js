// The page at /, in a browser, on the real daemon.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lines, Visit, WAIT_MS } from "./kit.js";

const options = { timeout: 4 * WAIT_MS };
const TITLE = "导入小说《红楼梦》 🎬 <b>Übersetzung</b>";

test("tasks and their log appear as they are told", options, async (t) => {
    const visit = await Visit.begin(t);
    const { daemon, page } = visit;
    await visit.open();
    await page.locator("#welcome").waitFor();

    await daemon.created("a/1 ?#", { title: TITLE });
    await visit.rowSays("a/1 ?#", TITLE);
    await daemon.updated("a/1 ?#", { progress: 12.5 }, "第三章 👩‍🚀");
    await visit.rowSays("a/1 ?#", "12.5 %");
    await visit.rowSays("a/1 ?#", "第三章 👩‍🚀");

    await visit.row("a/1 ?#").locator(".title").click();
    await visit.shows(() => document.getElementById("panel-title").textContent, TITLE);
    await daemon.logged("a/1 ?#", 0, 49);
    await daemon.publish({
        event_type: "TASK_LOG",
        message: "\u001b[31m失败\u001b[0m 🔥 <i>x</i>",
        data: { id: "a/1 ?#", level: "error" },
    });
    await visit.log([...lines(0, 49), "失败 🔥 <i>x</i>"]);
    await page.selectOption("#log-level", "3");
    await visit.shows(
        () => [...document.querySelectorAll("#log .line")].filter((e) => e.offsetHeight > 0).length,
        17,
    );
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });

    await daemon.publish({ event_type: "TASK_DELETED", data: { id: "a/1 ?#" } });
    await page.locator("#welcome").waitFor();
});

test("a server that is killed and comes back is taken up where it was", options, async (t) => {
    const visit = await Visit.begin(t);
    const { daemon, page } = visit;
    await daemon.created("build", { title: "Build" });
    await visit.open("#task=build");
    await daemon.logged("build", 0, 30);
    await visit.log(lines(0, 30));

    await daemon.end("SIGKILL");
    await visit.is("offline");
    await daemon.start();
    await daemon.logged("build", 30, 60);
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: "build" } });
    await visit.is("live");
    await visit.log(lines(0, 60));
    await visit.rowSays("build", "completed");
    await visit.shows(() => document.querySelector("#panel .badge").textContent, "completed");
    await daemon.logged("build", 60, 61);
    await visit.log(lines(0, 61));

    // Another journal: nothing of what was known holds any more.
    await daemon.end("SIGTERM");
    daemon.forgetJournal();
    await daemon.start();
    await daemon.created("fresh");
    await visit.is("live");
    await visit.row("fresh").waitFor();
    await visit.shows(() => document.querySelectorAll("#rows tr").length, 1);
    assert.equal(await page.locator("#problem").textContent(), "");
});

test("without a WebSocket the page polls, and goes live again", options, async (t) => {
    const visit = await Visit.begin(t);
    const { daemon } = visit;
    await daemon.created("walk", { title: "Walk" });
    await visit.open("#task=walk");
    await daemon.logged("walk", 0, 5);
    await visit.log(lines(0, 5));

    await visit.cut();
    await visit.is("polling");
    await daemon.logged("walk", 5, 10);
    await daemon.updated("walk", { progress: 40 });
    await daemon.created("new", { title: "While polling" });
    await visit.log(lines(0, 10));
    await visit.rowSays("walk", "40 %");
    await visit.rowSays("new", "While polling");
    await visit.is("polling");

    visit.isCut = false;
    await visit.page.click("#link");
    await visit.is("live");
    await daemon.logged("walk", 10, 12);
    await daemon.updated("walk", { progress: 41 });
    await visit.log(lines(0, 12));
    await visit.rowSays("walk", "41 %");
});

test("a long log is read from its end", options, async (t) => {
    const visit = await Visit.begin(t);
    const { daemon, page } = visit;
    await daemon.created("long");
    await daemon.logged("long", 0, 1700);
    await visit.open("#task=long");
    await visit.log(lines(1200, 1700));
    await daemon.logged("long", 1700, 1701);
    await visit.log(lines(1200, 1701));
    await page.click(".older");
    await visit.log(lines(200, 1701));
    await page.click(".older");
    await visit.log(lines(0, 1701));
    await page.locator(".older").waitFor({ state: "hidden" });
});
