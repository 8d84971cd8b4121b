// The custom elements in a page of somebody's own, which allows its scripts and styles very little.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { WAIT_MS } from "./kit.js";
import { audit, gives, Tabs } from "./tabs.js";

const options = { timeout: 4 * WAIT_MS };
const ELEMENTS = readFileSync(new URL("../../clients/js/dist/elements.min.js", import.meta.url), "utf8");
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";

const FILES = {
    "/shop/": ["text/html", `<!doctype html><html lang="en"><title>Shop</title>
        <link rel="stylesheet" href="shop.css"><script type="module" src="elements.js"></script>
        <main><h1>Shop</h1>
        <bellwire-task task-id="import"></bellwire-task>
        <bellwire-task-list status="running,failed" limit="5"></bellwire-task-list>
        <bellwire-log task-id="import" lines="500"></bellwire-log></main>`],
    "/shop/shop.css": ["text/css", `:root { --bellwire-accent: rgb(1, 2, 3); --bellwire-good: rgb(4, 5, 6); }
        body { --bellwire-bar-height: 12px; --bellwire-text: rgb(10, 10, 10); }
        bellwire-log { --bellwire-log-height: 60px; }
        bellwire-task::part(title) { font-weight: 800; }`],
    "/shop/elements.js": ["text/javascript", ELEMENTS],
};

async function shop(tabs) {
    const window = await tabs.window();
    for (const [path, [contentType, body]] of Object.entries(FILES)) {
        await window.route((url) => url.pathname === path, (route) =>
            route.fulfill({ contentType, body, headers: { "Content-Security-Policy": CSP } }));
    }
    const tab = await window.newPage();
    await tab.goto("/shop/");
    return tab;
}

// Of the first element of this name: how a part of it is drawn.
const style = (tab, name, part, property) => tab.locator(`${name} >> .${part}`).first()
    .evaluate((node, of) => globalThis.getComputedStyle(node).getPropertyValue(of), property);

test("a task, a list and a log look as the page wants, and go on when the server was away", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("import", { title: "Import of May" });
    await daemon.updated("import", { progress: 40 }, "reading");
    await daemon.created("waits", { title: "Not in the list" });
    const tab = await shop(tabs);
    await tab.evaluate(() => {
        globalThis.ended = [];
        document.addEventListener("bellwire-complete", ({ detail }) => globalThis.ended.push(detail.id));
    });
    const bar = tab.locator("bellwire-task").getByRole("progressbar", { name: "Import of May" });
    await bar.waitFor();
    await tab.locator("bellwire-task-list").getByText("Import of May").waitFor();
    assert.equal(await tab.locator("bellwire-task-list li").count(), 1);
    assert.equal(await style(tab, "bellwire-task", "fill", "background-color"), "rgb(1, 2, 3)");
    assert.equal(await style(tab, "bellwire-task-list", "fill", "background-color"), "rgb(1, 2, 3)");
    assert.equal(await style(tab, "bellwire-task", "bar", "height"), "12px");
    assert.equal(await style(tab, "bellwire-task", "title", "color"), "rgb(10, 10, 10)");
    assert.equal(await style(tab, "bellwire-task", "title", "font-weight"), "800");
    assert.equal(await style(tab, "bellwire-log", "log", "max-height"), "60px");
    assert.deepEqual(await audit(tab), []);

    await daemon.end("SIGKILL");
    await daemon.start();
    await daemon.updated("import", { progress: 60 }, "writing");
    await tab.locator("bellwire-task").getByText("writing").waitFor();
    assert.equal(await bar.getAttribute("aria-valuenow"), "60");
    await daemon.publish({ event_type: "TASK_COMPLETED", data: { id: "import" } });
    await gives(tab, () => globalThis.ended, ["import"]);
    await gives(tab, () => document.querySelector("bellwire-task-list").shadowRoot.querySelectorAll("li").length, 0);
    assert.equal(await style(tab, "bellwire-task", "fill", "background-color"), "rgb(4, 5, 6)");
});

test("a log follows its end until somebody scrolls up, and again from the end on", options, async (t) => {
    const tabs = await Tabs.begin(t);
    const { daemon } = tabs;
    await daemon.created("import");
    await daemon.logged("import", 0, 100);
    const tab = await shop(tabs);
    const log = tab.locator("bellwire-log").getByRole("log");
    const line = (n) => log.getByText(`line ${n}`, { exact: true });
    const isAtEnd = () => {
        const node = document.querySelector("bellwire-log").shadowRoot.querySelector(".log");
        return node.scrollHeight > 3 * node.clientHeight && node.scrollHeight - node.scrollTop - node.clientHeight < 2;
    };
    await line(99).waitFor();
    await gives(tab, isAtEnd, true);
    // The log learns of it by an event, as we do, behind it.
    const scroll = (to) => log.evaluate((node, top) => new Promise((resolve) => {
        node.addEventListener("scroll", () => resolve(), { once: true });
        node.scrollTop = top;
    }), to);
    await scroll(40);
    await gives(tab, isAtEnd, false);
    await daemon.logged("import", 100, 120);
    await line(119).waitFor();
    assert.equal(await log.evaluate((node) => node.scrollTop), 40);
    await scroll(100_000);
    await gives(tab, isAtEnd, true);
    await daemon.logged("import", 120, 140);
    await line(139).waitFor();
    await gives(tab, isAtEnd, true);
});
