// A hundred thousand tasks and five hundred events a second: what is drawn is what can be seen. How long frames
// take is printed; it says nothing about right or wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { Tabs } from "./tabs.js";

const TASKS = 100_000;
const PER_SECOND = 500;
const SECONDS = 6;

const idOf = (i) => `task-${String(i).padStart(6, "0")}`;

// Frame times while the list is scrolled down, one screen each half second.
function measure(ms) {
    return new Promise((resolve) => {
        const grid = document.querySelector(".bw-grid");
        const times = [];
        let most = 0;
        const began = performance.now();
        let before = began;
        const scroll = setInterval(() => grid.scrollBy(0, grid.clientHeight), 500);
        const frame = (now) => {
            times.push(now - before);
            before = now;
            most = Math.max(most, document.querySelectorAll("bw-task-row").length);
            if (now - began < ms) return requestAnimationFrame(frame);
            clearInterval(scroll);
            times.sort((a, b) => a - b);
            const at = (share) => Math.round(times[Math.floor(share * (times.length - 1))]);
            resolve({ frames: times.length, median: at(0.5), p95: at(0.95), worst: at(1), most, top: grid.scrollTop });
        };
        requestAnimationFrame(frame);
    });
}

test("a hundred thousand tasks, five hundred events a second", { timeout: 8 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    for (let at = 0; at < TASKS; at += 1000) {
        await daemon.publish(...Array.from({ length: 1000 }, (_, i) => ({
            event_type: "TASK_CREATED",
            data: { id: idOf(at + i), title: `Task number ${at + i}`, status: "running", owner: `owner-${i % 20}` },
        })));
    }
    const tab = await tabs.tab("/tasks");
    const newest = tab.locator(`bw-task-row[data-id="${idOf(TASKS - 1)}"]`);
    await newest.waitFor();

    let sent = 0;
    const events = (n) => Array.from({ length: n }, () => {
        // Every second one is of a task in view.
        const id = idOf(sent % 2 ? TASKS - 1 - (sent % 40) : (sent * 7919) % TASKS);
        return { event_type: "TASK_UPDATED", message: `step ${sent}`, data: { id, progress: (sent++ / 40) % 99 } };
    });
    let isOver = false;
    const storm = (async () => {
        const began = performance.now();
        while (!isOver) {
            const due = Math.floor(((performance.now() - began) / 1000) * PER_SECOND) - sent;
            if (due > 0) await daemon.publish(...events(Math.min(due, 1000)));
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    })();
    const still = await tab.evaluate(measure, 1);
    assert.ok(still.most > 5, "there are rows");
    const { frames, median, p95, worst, most, top } = await tab.evaluate(measure, SECONDS * 1000);
    isOver = true;
    await storm;
    t.diagnostic(`${sent} events; ${frames} frames: median ${median} ms, 95 % ${p95} ms, worst ${worst} ms; ` +
        `${most} rows in the document, scrolled ${Math.round(top)} px`);
    assert.ok(top > 1000, "it scrolled");
    assert.ok(most < 100, `${most} rows are in the document`);

    // And what was told last is what is shown.
    await tab.keyboard.press("0");
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: idOf(TASKS - 1) } });
    await newest.filter({ hasText: "Completed" }).waitFor();
});
