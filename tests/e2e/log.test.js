// The log of one task on its page: every line once and in order, whatever happens on the way.

import { test } from "node:test";

import { lines, WAIT_MS } from "./kit.js";
import { becomes, gives, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const TITLE = "导入小说《红楼梦》 🎬 <b>Übersetzung</b>";
// Its last lines: what nobody sees is not in the document.
const log = (tab, expected) =>
    gives(tab, () => [...document.querySelectorAll(".bw-log-text")].slice(-40).map((line) => line.textContent), expected.slice(-40));

test("a task and its log are shown as they are told, whatever is in them", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    const id = "a/1 ?#";
    await daemon.created(id, { title: TITLE });
    const tab = await tabs.tab(`/tasks/${encodeURIComponent(id)}`);
    await tab.getByRole("heading", { name: TITLE }).waitFor();
    await daemon.updated(id, { progress: 12.5 }, "第三章 👩‍🚀");
    await tab.getByText("12.5 %").first().waitFor();
    await tab.getByText("第三章 👩‍🚀").first().waitFor();
    await daemon.logged(id, 0, 49);
    await daemon.publish({
        event_type: "TASK_LOG", message: "\u001b[31m失败\u001b[0m 🔥 <i>x</i>", data: { id, level: "error" },
    });
    await log(tab, [...lines(0, 49), "失败 🔥 <i>x</i>"]);
    await tab.locator(".bw-log-tools select").selectOption("error");
    await log(tab, [...lines(0, 49).filter((_, n) => n % 3 === 2), "失败 🔥 <i>x</i>"]);
});

test("a server that is killed and comes back leaves no gap in a log and repeats nothing", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("build");
    const tab = await tabs.tab("/tasks/build");
    await daemon.logged("build", 0, 30);
    await log(tab, lines(0, 30));
    await daemon.end("SIGKILL");
    await becomes(tab, "offline");
    await daemon.start();
    await daemon.logged("build", 30, 60);
    await becomes(tab, "live");
    await log(tab, lines(0, 60));
    await daemon.logged("build", 60, 61);
    await log(tab, lines(0, 61));
});

test("nor does polling, and going live again", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("walk");
    const tab = await tabs.tab("/tasks/walk");
    await daemon.logged("walk", 0, 5);
    await log(tab, lines(0, 5));
    tabs.proxyOf(tab).block(/^\/ws\/realtime/, /^\/api\/v1\/stream/, /^\/api\/v1\/events\?.*wait=[1-9]/);
    await becomes(tab, "polling");
    await daemon.logged("walk", 5, 10);
    await log(tab, lines(0, 10));
    tabs.proxyOf(tab).block();
    await tab.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await becomes(tab, "live");
    await daemon.logged("walk", 10, 12);
    await log(tab, lines(0, 12));
});
