// The examples of the README are run as they are, on the real daemon and with a worker; each must print,
// or show, what follows its arrow.
import { window } from "./kit/dom.ts";
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { format } from "node:util";
import { transform } from "esbuild";
import type * as Page from "../src/page.ts";
import { type Daemon, daemon } from "./kit/daemon.ts";
import { client, until } from "./kit/kit.ts";

const ADDRESS = "http://127.0.0.1:8080";
const PACKAGE = new URL("../", import.meta.url);

interface Example {
    language: string;
    code: string;
    arrow: string;
}

const README = readFileSync(new URL("README.md", PACKAGE), "utf8");
const EXAMPLES: Example[] = [...README.matchAll(/^```(js|jsx|vue|html)\n(.*?)^```$/gms)]
    .map(([, language, code]) => ({
        language: language!, code: code!, arrow: / → (.*?)(?: -->)?$/m.exec(code!)![1]!,
    }));

/** Within the package, so that `import "bellwire"` means this one, as it was built. */
async function run(t: TestContext, name: string, code: string): Promise<Record<string, unknown>> {
    const file = new URL(`dist/readme-${name}.mjs`, PACKAGE);
    writeFileSync(file, code);
    t.after(() => rmSync(file));
    return await import(file.href) as Record<string, unknown>;
}

async function serve(t: TestContext): Promise<Daemon> {
    const server = await daemon(t);
    const data = { id: "import-7", title: "Import of May", progress: 40, worker: "importer" };
    await server.publish([{ event_type: "TASK_UPDATED", data }]);
    await server.publish([{
        event_type: "TASK_LOG", message: "may.csv has 12 000 lines", data: { task_id: "import-7" },
    }]);
    client(t, server.url).subscribe("control", { after: "oldest" }, () => void server.publish([{
        event_type: "TASK_STATUS_CHANGED", message: "stopped in may.csv",
        data: { id: "import-7", status: "cancelled" },
    }]));
    window.happyDOM.setURL(`${server.url}/`); // the page is one that it serves
    const { pageClient } = await import(new URL("dist/page.js", PACKAGE).href) as typeof Page;
    t.after(() => pageClient().close());
    return server;
}

const shows = ({ arrow }: Example): Promise<unknown> =>
    until(() => [document.body, ...document.body.querySelectorAll("*")].some((node) =>
        (node.textContent ?? "").includes(arrow) || node.shadowRoot?.textContent?.includes(arrow)),
    arrow);

async function runScript(t: TestContext, { code, arrow }: Example, name: string): Promise<void> {
    const server = await serve(t);
    const printed: string[] = [];
    t.mock.method(console, "log", (...words: unknown[]) => printed.push(format(...words)));
    const traced = `${code.replaceAll(ADDRESS, server.url)}\nexport { bell };`;
    const { bell } = await run(t, name, traced);
    t.after(() => (bell as { close(): void }).close());
    // The epoch is that of the journal: no two are the same.
    await until(() => printed.some((line) => line.replace(/\b[0-9a-f]{8}(?=\.\d)/, "00000001") === arrow),
        `${arrow} (got ${printed.join(" | ")})`);
}

async function runReact(t: TestContext, example: Example, name: string): Promise<void> {
    await serve(t);
    const { createElement } = await import("react");
    const { createRoot } = await import("react-dom/client");
    const { code } = await transform(example.code, { loader: "jsx", jsx: "automatic" });
    const module = await run(t, name, code);
    const root = createRoot(document.body);
    t.after(() => root.unmount());
    root.render(createElement(module["default"] as () => null));
    await shows(example);
}

async function runVue(t: TestContext, example: Example, name: string): Promise<void> {
    await serve(t);
    const { compileScript, parse } = await import("vue/compiler-sfc");
    const { createApp } = await import("vue");
    const { descriptor } = parse(example.code);
    const module = await run(t, name, compileScript(descriptor, { id: name, inlineTemplate: true }).content);
    const app = createApp(module["default"] as object);
    app.mount(document.body);
    t.after(() => app.unmount());
    await shows(example);
}

async function runPage(t: TestContext, example: Example, name: string): Promise<void> {
    await serve(t);
    const [script, source] = /<script .*src="\/bellwire\/(.*?)".*\n/.exec(example.code)!;
    await run(t, name, `import "../${source}";`);
    document.body.innerHTML = example.code.replace(script, "");
    t.after(() => document.body.replaceChildren());
    await shows(example);
    const log = document.querySelector("bellwire-log")!.shadowRoot!;
    await until(() => log.textContent?.includes("12 000 lines"), "the log");
}

const RUNNERS = { js: runScript, jsx: runReact, vue: runVue, html: runPage };

EXAMPLES.forEach((example, i) => {
    const runner = RUNNERS[example.language as keyof typeof RUNNERS];
    test(`README: example ${i + 1}, ${example.language}`, (t) => runner(t, example, String(i)));
});

test("README: there are examples of everything", () => {
    assert.deepEqual(Object.keys(RUNNERS).filter((l) => !EXAMPLES.some((e) => e.language === l)), []);
    assert.equal(EXAMPLES.length, 7);
});
