// The log of one task on its page: every line once and in order, whatever happens on the way.

import { test } from "node:test";

import { lines, WAIT_MS } from "./kit.js";
import { becomes, gives, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const TITLE = "导入小说《红楼梦》 🎬 <b>Übersetzung</b>";
const log = (tab, expected) =>
    gives(tab, () => [...document.querySelectorAll(".bw-log-line > span")].map((line) => line.textContent), expected);

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

test("a long log is read from its end", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("long");
    await daemon.logged("long", 0, 1700);
    const tab = await tabs.tab("/tasks/long");
    await log(tab, lines(1200, 1700));
    await daemon.logged("long", 1700, 1701);
    await log(tab, lines(1200, 1701));
    await tab.click(".bw-log-older");
    await log(tab, lines(200, 1701));
    await tab.click(".bw-log-older");
    await log(tab, lines(0, 1701));
    await tab.locator(".bw-log-older").waitFor({ state: "detached" });
});

test("nothing moves under who reads further up, however much comes", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("long");
    await daemon.logged("long", 0, 500);
    const tab = await tabs.tab("/tasks/long");
    await log(tab, lines(0, 500));
    const top = () => document.querySelector(".bw-log").scrollTop;
    await tab.locator(".bw-log").evaluate((box) => box.scrollTo(0, 1000));
    await gives(tab, top, 1000);
    const newer = (n) => tab.locator(".bw-log-newer", { hasText: ` ${n} new lines` });
    await daemon.logged("long", 500, 600);
    await newer(100).waitFor();
    await gives(tab, top, 1000);
    await daemon.logged("long", 600, 6500); // more than is kept for later
    await newer(6000).waitFor();
    await gives(tab, top, 1000);
    await newer(6000).click();
    await log(tab, lines(6000, 6500));
});
