// The page of one task: what it tells of the task. Its log has a file of its own.

import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { says, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const ID = "a/1 ?#", TITLE = "导入小说《红楼梦》 🎬 <b>Übersetzung</b>";
const PATH = `/tasks/${encodeURIComponent(ID)}`;

test("a task's life is told as it goes, and the same after a reload", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created(ID, { title: TITLE, owner: "ann", params: { file: "may.csv" } });
    const tab = await tabs.tab(PATH);
    await tab.getByRole("heading", { name: TITLE }).waitFor();
    await says(tab, '"may.csv"');
    await daemon.updated(ID, { progress: 99.96, total_units: 8, completed_units: 3 }, "第三章 👩‍🚀");
    await says(tab, "99.9 %"); // never rounded up to done
    await says(tab, "3 of 8");
    await says(tab, "第三章 👩‍🚀");
    const error = { type: "ValueError", message: "no <i>such</i> chapter", trace: "line 1\nline 2" };
    await daemon.publish({ event_type: "TASK_FAILED", data: { id: ID, error } });
    const all = async () => {
        await tab.locator(".bw-error").getByText(error.message).waitFor();
        await tab.locator(".bw-error summary").click();
        await tab.locator(".bw-error pre").getByText("line 2").waitFor();
        await tab.locator(".bw-timeline").getByText("Failed").waitFor();
    };
    await all();
    await tab.reload();
    await all();

    await daemon.publish({ event_type: "TASK_STATUS_CHANGED", data: { id: ID, status: "running", attempt: 2 } });
    await tab.locator(".bw-timeline").getByText("Running · Attempt 2").waitFor();
    await tab.locator(".bw-error").waitFor({ state: "detached" });
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: ID, result: { rows: 42 } } });
    await tab.locator(".bw-json").getByText("42").waitFor();
    await daemon.publish({ event_type: "TASK_DELETED", data: { id: ID } });
    await tab.getByRole("alert").waitFor();
    await says(tab, TITLE); // what was known stays
    await tab.reload();
    await tab.locator(".bw-empty").getByText(ID).waitFor();
});
