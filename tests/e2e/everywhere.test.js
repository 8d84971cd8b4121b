// What holds for every page: it can be read by everybody, in both themes and languages, and asks nobody else.
// The pictures that are taken on the way stay in build/screenshots/.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { furnish, PAGES, TASK } from "./scene.js";
import { audit, becomes, photograph, Tabs } from "./tabs.js";

const THEMES = ["light", "dark"];
const LANGUAGES = ["en", "zh"];
const WIDTHS = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };

test("every page, in both themes and languages, on a desk and on a phone", { timeout: 8 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    await furnish(tabs.daemon);
    const found = [];
    for (const theme of THEMES) {
        for (const language of LANGUAGES) {
            for (const [width, size] of Object.entries(WIDTHS)) {
                const window = await tabs.window({ theme, language, ...size });
                for (const { name, path, shows } of PAGES) {
                    const tab = await tabs.tab(path(TASK.id), window);
                    await tab.getByText(shows).first().waitFor();
                    const view = `${name}-${width}-${theme}-${language}`;
                    await photograph(tab, view);
                    assert.equal(await tab.evaluate(() => document.documentElement.lang), language === "zh" ? "zh-CN" : "en");
                    const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                    if (wide > 0) found.push(`${view}: ${wide} px wider than the window`);
                    found.push(...(await audit(tab)).map((what) => `${view}: ${what}`));
                    await tab.close();
                }
                await window.close();
            }
        }
    }
    assert.deepEqual(found, []);
});

test("a choice of theme and language is kept, and every tab of the window has it", { timeout: 2 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    const window = await tabs.window();
    const tab = await tabs.tab("/tasks", window);
    await tab.getByRole("button", { name: "Dark or light" }).click();
    await tab.getByRole("button", { name: "中文" }).click();
    const other = await tabs.tab("/tasks", window);
    const root = await other.evaluate(() => [document.documentElement.dataset.bsTheme, document.documentElement.lang]);
    assert.deepEqual(root, ["dark", "zh-CN"]);
    await tab.reload();
    await becomes(tab, "live");
    assert.equal(await tab.evaluate(() => document.documentElement.lang), "zh-CN");
});

test("a link to tasks.html or logs.html is one to the page, with all it asks for", { timeout: 2 * WAIT_MS }, async (t) => {
    const tabs = await Tabs.begin(t);
    await furnish(tabs.daemon);
    const tasks = await tabs.tab("/tasks.html?q=红楼梦");
    await tasks.getByRole("link", { name: TASK.title }).waitFor();
    assert.equal(await tasks.getByRole("searchbox").inputValue(), "红楼梦");
    const logs = await tabs.tab(`/logs.html?task_id=${TASK.id}`);
    await logs.getByText(TASK.lastLine).waitFor();
    await logs.getByRole("link", { name: "Tasks" }).first().click();
    await logs.getByRole("link", { name: TASK.title }).first().waitFor();
});
