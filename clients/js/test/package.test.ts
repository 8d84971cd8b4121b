// The package as others get it from `npm pack`: the core small, every entry there, with types that hold.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { build, type BuildOptions } from "esbuild";

const BUDGET_BYTES = 8 * 1024;
const HERE = new URL("../", import.meta.url).pathname;
const BUNDLE = { bundle: true, minify: true, format: "esm", target: "es2022", write: false } satisfies BuildOptions;

/** A project of somebody else's, with the package installed. */
const project = mkdtempSync(join(tmpdir(), "bellwire-pack-"));

before(() => {
    const installed = join(project, "node_modules/bellwire");
    const [packed] = JSON.parse(execFileSync("npm",
        ["pack", "--json", "--pack-destination", project], { cwd: HERE, encoding: "utf8" })) as [{ filename: string }];
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", join(project, packed.filename), "-C", installed, "--strip-components=1"]);
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
});
after(() => rmSync(project, { recursive: true }));

test("the core is at most 8 KiB, minified and gzipped, and imports nothing", async () => {
    const { outputFiles, metafile } = await build({ ...BUNDLE, entryPoints: [`${HERE}src/index.ts`], metafile: true });
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    console.log(`core: ${bytes} bytes gzipped, of ${BUDGET_BYTES}`);
    assert.ok(bytes <= BUDGET_BYTES, `${bytes} bytes`);
    const packages = Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"));
    assert.deepEqual(packages, []);
});

test("what is packed: what was built, how to use it, and under which license", () => {
    const installed = join(project, "node_modules/bellwire");
    assert.deepEqual(readdirSync(installed).sort(), ["README.md", "dist", "package.json"]);
    const others = readdirSync(join(installed, "dist"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.js$|\.d\.ts$/.test(entry.name)).map(({ name }) => name);
    assert.deepEqual(others, ["LICENSE"]);
});

const EXPORTS = {
    "bellwire": ["BellwireError", "connect", "isFinal"],
    "bellwire/react": ["BellwireProvider", "TaskProgress", "useBellwire", "useConnection", "useTask", "useTasks"],
    "bellwire/vue": ["bellwire", "useBellwire", "useConnection", "useTask", "useTasks"],
    "bellwire/elements": ["BellwireLogElement", "BellwireTaskElement", "BellwireTaskListElement", "connect",
        "pageClient", "setPageClient"],
    "bellwire/values": ["joinValues", "splitValues"],
};

const PLAIN = `
import { type BellwireEvent, type Commanded, connect, type Outcome, type State, type Task } from "bellwire";
const bell = connect({ url: "http://127.0.0.1:1", token: async () => "x", timing: { pollMs: 1 } });
const list = bell.tasks.list({ status: ["running"], sort: "-created_at", limit: Infinity });
export const items: readonly Task[] = list.items;
export const state: State = bell.state;
export const wait: Promise<void> = bell.subscribe("logs", {
    filter: { task_id: ["x"] }, after: "oldest", onReset: (reason: string) => reason,
}, (event: BellwireEvent) => event.cursor).ready;
export const ask = async (): Promise<Outcome> => {
    const asked: Commanded = await bell.task("x").cancel("late");
    return bell.task("x").answer(asked);
};
export const refused: Promise<Record<string, number>> =
    bell.bulk("delete", { filter: { owner: "ann" } }).then((result) => result.refused);
// @ts-expect-error: there is no such status
bell.tasks.list({ status: "ready" });
// @ts-expect-error: a task is not made here
bell.task("x").create();
`;

const ELEMENTS = `
import { connect } from "bellwire";
import { BellwireTaskElement, setPageClient } from "bellwire/elements";
export const element: BellwireTaskElement = document.createElement("bellwire-task");
setPageClient(connect(), "/other");
`;

const ALL = `
import { connect, type Task } from "bellwire";
import { BellwireProvider, TaskProgress, useTask, useTasks } from "bellwire/react";
import { bellwire, useTasks as useTasksInVue } from "bellwire/vue";
import { createApp } from "vue";
export function Page() {
    const task: Task | null | undefined = useTask("x");
    const { tasks } = useTasks({ status: "running" });
    return <BellwireProvider client={connect()}>
        {tasks.length}
        <TaskProgress taskId={task?.id ?? "x"} className="wide"
            onComplete={(task: Task) => task.result} onError={({ error }) => error?.message} />
    </BellwireProvider>;
}
export const total: number = useTasksInVue({ status: ["running"] }).total.value;
export const app = createApp({}).use(bellwire(connect()));
// @ts-expect-error: which task?
export const wrong = <TaskProgress />;
`;

/** Types are those of the package alone: nothing of what it was made from is in sight. */
function compile(files: Record<string, string>, ...resolution: string[]): void {
    for (const [file, code] of Object.entries(files)) writeFileSync(join(project, file), code);
    execFileSync(`${HERE}node_modules/.bin/tsc`, ["--ignoreConfig", "--noEmit", "--strict",
        "--exactOptionalPropertyTypes", "--target", "es2022", "--jsx", "react-jsx", "--types", "",
        "--lib", "es2023,dom,dom.iterable,dom.asynciterable", ...resolution, ...Object.keys(files)], { cwd: project, stdio: "inherit" });
}

const BY_BUNDLERS = ["--module", "esnext", "--moduleResolution", "bundler"];

test("a strict program compiles, as Node and as bundlers find the types", () => {
    const files = { "plain.ts": PLAIN, "elements.ts": ELEMENTS };
    compile(files, "--module", "nodenext");
    compile(files, ...BY_BUNDLERS);
});

test("so does one with React and Vue, once it has those", () => {
    for (const name of ["@types", "@vue", "csstype", "react", "vue"]) {
        symlinkSync(`${HERE}node_modules/${name}`, join(project, "node_modules", name));
    }
    compile({ "all.tsx": ALL }, ...BY_BUNDLERS);
});

test("every entry is there when it runs, also on a server that renders pages", () => {
    const code = `const names = {};
        for (const entry of ${JSON.stringify(Object.keys(EXPORTS))}) names[entry] = Object.keys(await import(entry)).sort();
        console.log(JSON.stringify(names));`;
    const names = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd: project, encoding: "utf8" });
    assert.deepEqual(JSON.parse(names), EXPORTS);
});

test("a bundle has what was asked for, and no more", async () => {
    const bundle = async (code: string): Promise<string> => (await build({
        ...BUNDLE, stdin: { contents: code, resolveDir: project },
    })).outputFiles[0]!.text;
    const elements = await bundle('import "bellwire/elements";');
    for (const name of ["bellwire-task", "bellwire-task-list", "bellwire-log"]) assert.ok(elements.includes(`"${name}"`));
    const core = await bundle('import { connect } from "bellwire"; connect();');
    assert.ok(core.length < elements.length);
    assert.doesNotMatch(core, /bellwire-task/);
    assert.ok((await bundle('import { isFinal } from "bellwire"; console.log(isFinal("failed"));')).length < 200);
});
