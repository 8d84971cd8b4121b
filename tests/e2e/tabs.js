// Tabs of one browser, on a daemon of its own, with a proxy between it and each window. Whatever a page does, it
// must not fail silently: errors in it, refusals by its Content-Security-Policy, and requests to other servers are faults.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { Daemon, WAIT_MS } from "./kit.js";
import { Proxy } from "./proxy.js";

const npm = createRequire(join(process.env.BELLWIRE_E2E, "package.json"));
const { chromium } = npm("playwright-core");
const AXE = readFileSync(npm.resolve("axe-core/axe.min.js"), "utf8");

export const SCREENSHOTS = join(process.env.BELLWIRE_E2E, "../screenshots");

// What a browser says when the server is away or has no such task, which is part of these tests.
const EXPECTED = /status of 404 .*\/api\/v1\/tasks\/|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|WebSocket connection to|status of 50[234]/;

export class Tabs {
    #proxies = new Map(); // by window
    faults = [];

    // options: of the daemon.
    static async begin(t, ...options) {
        const tabs = new Tabs();
        tabs.daemon = new Daemon(...options);
        t.after(() => tabs.#end());
        await tabs.daemon.start();
        tabs.browser = await chromium.launch({
            executablePath: "/usr/bin/chromium",
            args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            timeout: WAIT_MS,
        });
        return tabs;
    }

    async #end() {
        await this.browser?.close();
        for (const proxy of this.#proxies.values()) proxy.end();
        await this.daemon.remove();
        assert.deepEqual(this.faults, []);
    }

    // A window: its tabs share what the pages keep.
    async window({ theme = "light", language = "en", width = 1440, height = 900 } = {}) {
        const proxy = await Proxy.start(this.daemon.url);
        const context = await this.browser.newContext({
            viewport: { width, height },
            locale: language === "zh" ? "zh-CN" : "en-GB",
            colorScheme: theme,
            reducedMotion: "reduce",
            baseURL: proxy.url,
        });
        this.#proxies.set(context, proxy);
        context.setDefaultTimeout(WAIT_MS);
        await context.addInitScript(() => document.addEventListener("securitypolicyviolation",
            (event) => console.error(`refused by CSP: ${event.violatedDirective} ${event.blockedURI}`)));
        context.on("request", (request) => {
            const { protocol, origin } = new URL(request.url());
            if (/^https?:$/.test(protocol) && origin !== proxy.url) this.faults.push(`request to ${request.url()}`);
        });
        context.on("weberror", (error) => this.faults.push(String(error.error())));
        context.on("console", (message) => {
            const text = `${message.text()} ${message.location().url}`;
            if (message.type() === "error" && !EXPECTED.test(text)) this.faults.push(text);
        });
        return context;
    }

    async tab(path, window) {
        const tab = await (window ?? await this.window()).newPage();
        await tab.goto(path);
        await becomes(tab, "live");
        return tab;
    }

    // Each page in a window of its own.
    each = (paths) => Promise.all(paths.map((path) => this.tab(path)));

    proxyOf = (tab) => this.#proxies.get(tab.context());
}

export const says = (tab, text) => tab.getByText(text, { exact: true }).first().waitFor();

export const becomes = (tab, state) => tab.locator(`.bw-live[data-state=${state}]`).waitFor();

// Waits until a function in the page gives this.
export async function gives(tab, read, expected) {
    let got;
    const deadline = Date.now() + WAIT_MS;
    do {
        got = await tab.evaluate(read);
        if (isDeepStrictEqual(got, expected)) return;
        await sleep(30);
    } while (Date.now() < deadline);
    assert.deepEqual(got, expected);
}

// What axe finds against WCAG A and AA.
export async function audit(tab) {
    await tab.evaluate(`${AXE}; null`);
    const found = await tab.evaluate(() =>
        globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
    return found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`));
}

export async function photograph(tab, name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await tab.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
