// The package as others get it: the core small, every entry there, with types that hold.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUDGET_BYTES = 8 * 1024;

test("the core is at most 8 KiB, minified and gzipped, and imports nothing", async () => {
    const { outputFiles, metafile } = await build({
        entryPoints: [new URL("../src/index.ts", import.meta.url).pathname],
        bundle: true, minify: true, format: "esm", target: "es2022", write: false, metafile: true,
    });
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    console.log(`core: ${bytes} bytes gzipped, of ${BUDGET_BYTES}`);
    assert.ok(bytes <= BUDGET_BYTES, `${bytes} bytes`);
    const packages = Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"));
    assert.deepEqual(packages, []);
});

const CONSUMER = `
import { connect, type Task } from "bellwire";
import { TaskProgress, useTask } from "bellwire/react";
import { useTasks } from "bellwire/vue";
import { BellwireTaskElement } from "bellwire/elements";
export const task: Task | null | undefined = useTask("x");
export const total: number = useTasks({ status: ["running"] }).total.value;
export const element: BellwireTaskElement = document.createElement("bellwire-task");
export const wait: Promise<void> = connect({ token: async () => "x" }).subscribe("logs", {}, () => {}).ready;
// @ts-expect-error: there is no such status
export const wrong = useTasks({ status: "ready" });
export { TaskProgress };
`;

test("a strict program compiles against the types of every entry", (t) => {
    const folder = new URL("../", import.meta.url).pathname;
    const file = `${folder}dist/consumer.ts`; // within the package "bellwire" means this one
    writeFileSync(file, CONSUMER);
    t.after(() => rmSync(file));
    execFileSync(`${folder}node_modules/.bin/tsc`, ["--ignoreConfig", "--noEmit", "--strict",
        "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom,dom.iterable,dom.asynciterable",
        file], { cwd: folder, stdio: "inherit" });
});
