// Each command, given on a page to a real `bellwire run`, which obeys.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { becomes, Tabs } from "./tabs.js";

const COUNTS = ["--", "sh", "-c", 'n=0; while sleep 0.1; do n=$((n + 1)); echo "mile $n"; done'];

// A button of the task's page; what cannot be taken back is asked again.
async function give(tab, action, { isSure = false } = {}) {
    await tab.locator(`button[data-action=${action}]`).click();
    if (isSure) await tab.locator("dialog [data-answer=yes]").click();
}

const badge = (tab, words) => tab.locator(".bw-task-head").getByText(words, { exact: true }).waitFor();
const rest = (daemon, id) => fetch(`${daemon.url}/api/v1/tasks/${id}`).then((answer) => answer.json()).then(({ data }) => data);
const lastLine = async (daemon, id) =>
    (await (await fetch(`${daemon.url}/api/v1/tasks/${id}/logs?before=latest&limit=1`)).json()).data.events[0].message;

test("pause, resume, retry and cancel", { timeout: 4 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    daemon.run("--id", "voyage", "--stay", ...COUNTS);
    const tab = await tabs.tab("/tasks/voyage");
    await tab.getByText("mile 3").first().waitFor();
    await give(tab, "pause");
    await badge(tab, "Paused");
    const there = await lastLine(daemon, "voyage");
    await give(tab, "resume");
    await badge(tab, "Running");
    await tab.getByText(`mile ${Number(there.split(" ")[1]) + 3}`, { exact: true }).first().waitFor();

    await give(tab, "retry", { isSure: true });
    await tab.locator(".bw-fields").getByText("2", { exact: true }).waitFor();
    assert.equal((await rest(daemon, "voyage")).attempt, 2);
    await badge(tab, "Running");

    await give(tab, "cancel", { isSure: true });
    await badge(tab, "Cancelled");
    await give(tab, "retry");
    await badge(tab, "Running");
    assert.equal((await rest(daemon, "voyage")).attempt, 3);
    await give(tab, "cancel", { isSure: true });
    await badge(tab, "Cancelled");
});

test("stop ends the command, and nobody else's", { timeout: 4 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    const [first, second] = ["first", "second"].map((id) => daemon.run("--id", id, ...COUNTS));
    const tab = await tabs.tab("/tasks/first");
    await tab.getByText("mile 3").first().waitFor();
    await give(tab, "stop", { isSure: true });
    await first.ended;
    await badge(tab, "Cancelled");
    assert.ok(second.isRunning());
    assert.equal((await rest(daemon, "second")).status, "running");
});

test("a task that nobody owns is commanded all the same", { timeout: 4 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    await tabs.daemon.created("idle", { title: "Waits for a worker" });
    const tab = await tabs.tab("/tasks/idle");
    await give(tab, "pause");
    await badge(tab, "Paused");
    await give(tab, "resume");
    await badge(tab, "Pending");
    await give(tab, "cancel", { isSure: true });
    await badge(tab, "Cancelled");
    await give(tab, "retry");
    await badge(tab, "Pending");
    await give(tab, "start");
    await badge(tab, "Starting…");
    tabs.daemon.run("--id", "idle", ...COUNTS);
    await badge(tab, "Running");
});

test("a worker that does not answer is told of, and without a server nothing can be asked", { timeout: 4 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t, "--command-answer-s", "1");
    await tabs.daemon.updated("stuck", { worker: "gone" });
    const tab = await tabs.tab("/tasks/stuck");
    await give(tab, "cancel", { isSure: true });
    await tab.locator(".bw-timeline").getByText("Asked: Cancel").waitFor();
    await tab.locator(".bw-timeline").getByText("Nobody answered: Cancel").waitFor();
    await badge(tab, "Running");
    await tabs.daemon.end("SIGKILL");
    await becomes(tab, "offline");
    assert.ok(await tab.locator("button[data-action=cancel]").isDisabled());
});
