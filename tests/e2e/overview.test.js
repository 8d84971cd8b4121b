// The page at /: what it shows of everything, as it changes.

import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { becomes, gives, says, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const figures = () => Object.fromEntries([...document.querySelectorAll(".bw-figure")]
    .map((one) => [one.dataset.status, Number(one.querySelector("strong").textContent)]));
const LATE = "The server does not answer. This is what was known last.";
const NONE = { running: 0, pending: 0, paused: 0, completed: 0, failed: 0 };
const listed = (tab, name) => tab.locator(".bw-look", { hasText: name });

test("a newcomer is welcomed; the first task takes the welcome's place, and leaves it again", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    const tab = await tabs.tab("/");
    const command = await tab.locator(".bw-welcome pre", { hasText: "curl" }).textContent();
    const { origin } = new URL(tab.url());
    const [, body] = /-d '([^']*)'/.exec(command);
    if (!command.includes(`curl ${origin}/api/v1/events`)) throw new Error(`not ours: ${command}`);
    await daemon.publish(JSON.parse(body));
    await gives(tab, figures, { ...NONE, running: 1 });
    await says(tab, "render-42");
    await daemon.publish({ event_type: "TASK_DELETED", data: { id: "render-42" } });
    await tab.locator(".bw-welcome").waitFor();
});

test("figures, lists and workers follow what is told", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    for (const id of ["a", "b", "c"]) await daemon.created(id, { title: `Task ${id}` });
    const tab = await tabs.tab("/");
    await gives(tab, figures, { ...NONE, pending: 3 });
    await daemon.updated("a", { status: "running", progress: 25, worker: "anvil" });
    await daemon.updated("b", { status: "paused", worker: "anvil" });
    await gives(tab, figures, { ...NONE, pending: 1, running: 1, paused: 1 });
    await listed(tab, "Running longest").getByText("Task a").waitFor();
    const worker = tab.locator(".bw-worker", { hasText: "anvil" });
    await worker.getByText("Task b").waitFor();
    await worker.getByText("25 %").waitFor();
    await daemon.updated("a", { progress: 75 });
    await worker.getByText("75 %").waitFor();

    await daemon.publish({ event_type: "TASK_FAILED", data: { id: "a", error: { type: "OSError", message: "<b>no</b> 空间 left" } } });
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: "c" } });
    await gives(tab, figures, { ...NONE, paused: 1, completed: 1, failed: 1 });
    await listed(tab, "Failed last").getByText("<b>no</b> 空间 left").waitFor();
    await worker.getByText("Task a").waitFor({ state: "detached" });

    await tab.getByRole("link", { name: "Task a", exact: true }).click();
    await tab.waitForURL("**/tasks/a");
    await says(tab, "OSError");
});

test("charts show what came, over the time that is chosen", options, async (t) => {
    const tabs = await Tabs.begin(t);
    await tabs.daemon.created("a");
    const tab = await tabs.tab("/");
    const chart = tab.locator("bw-chart-panel", { hasText: "Events per second" });
    await chart.locator("canvas").waitFor();
    const painted = () => [...document.querySelectorAll("bw-chart-panel canvas")].map((canvas) => canvas.width > 0);
    await gives(tab, painted, [true, true, true]);
    // The server counts in steps, and the last one goes on: what is drawn is asked of the element.
    await tab.waitForFunction(() => document.querySelector("bw-lines").lines[1].some((n) => n > 0));
    await tab.getByRole("button", { name: "1 day" }).click();
    await tab.locator('button[aria-pressed="true"]', { hasText: "1 day" }).waitFor();
    await gives(tab, painted, [true, true, true]);
});

test("without a stream it polls, and while nothing is answered it keeps what it knew", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("a", { title: "Task a" });
    const tab = await tabs.tab("/");
    await gives(tab, figures, { ...NONE, pending: 1 });
    tabs.proxyOf(tab).block(/^\/ws\/realtime/, /^\/api\/v1\/stream/, /^\/api\/v1\/events\?.*wait=[1-9]/);
    await becomes(tab, "polling");
    await daemon.updated("a", { status: "running" });
    await gives(tab, figures, { ...NONE, running: 1 });
    await listed(tab, "Running longest").getByText("Task a").waitFor();

    tabs.proxyOf(tab).block(/^\/(ws|api)\//);
    await becomes(tab, "offline");
    await says(tab, LATE);
    await gives(tab, figures, { ...NONE, running: 1 });
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: "a" } });
    tabs.proxyOf(tab).block();
    await tab.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await becomes(tab, "live");
    await gives(tab, figures, { ...NONE, completed: 1 });
    await tab.getByText(LATE).waitFor({ state: "detached" });
});
