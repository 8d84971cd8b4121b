// bellwire/react in a real DOM, on a scripted server.
import "./kit/dom.ts";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createElement as h, type ReactElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import type { Client, Task, TaskQuery } from "../src/index.ts";
import { BellwireProvider, TaskProgress, useConnection, useTask, useTasks } from "../src/react.ts";
import { client, serve, until } from "./kit/kit.ts";

function render(t: TestContext, bell: Client, element: ReactElement): {
    page: HTMLElement; again(element: ReactElement): void;
} {
    const page = document.createElement("main");
    const root = createRoot(page);
    const again = (what: ReactElement): void =>
        root.render(h(StrictMode, null, h(BellwireProvider, { client: bell }, what)));
    t.after(() => root.unmount());
    again(element);
    return { page, again };
}

test("useTask follows one task, and another when the id changes", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", progress: 10 });
    server.publish("TASK_UPDATED", { id: "b", progress: 20 });
    const One = ({ id }: { id: string }): ReactElement => {
        const task = useTask(id);
        return h("p", null, task === null ? "none" : `${id} ${task?.progress}`);
    };
    const { page, again } = render(t, client(t, server.url), h(One, { id: "a" }));
    await until(() => page.textContent === "a 10", "the task");
    server.publish("TASK_UPDATED", { id: "a", progress: 11 });
    await until(() => page.textContent === "a 11", "its progress");
    again(h(One, { id: "b" }));
    await until(() => page.textContent === "b 20", "the other task");
    again(h(One, { id: "c" }));
    await until(() => page.textContent === "none", "that there is none");
});

test("useTasks follows a query, and useConnection the connection", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a" });
    server.publish("TASK_COMPLETED", { id: "b" });
    const List = ({ query }: { query: TaskQuery }): ReactElement => {
        const { tasks, total, isLoaded } = useTasks({ ...query });
        const state = useConnection();
        return h("p", null, isLoaded ? `${tasks.map(({ id }) => id).join()} of ${total} ${state}` : "…");
    };
    const { page, again } = render(t, client(t, server.url), h(List, { query: {} }));
    await until(() => page.textContent === "b,a of 2 live", "the tasks");
    server.publish("TASK_CREATED", { id: "c" });
    await until(() => page.textContent?.startsWith("c,b,a"), "the new one");
    again(h(List, { query: { status: "completed" } }));
    await until(() => page.textContent === "b of 1 live", "the other query");
});

test("TaskProgress shows a task and tells its end once, with its documents", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", title: "Import", progress: 40, message: "half" });
    server.publish("TASK_UPDATED", { id: "b", title: "Export" });
    const ended: string[] = [];
    const tell = (what: string) => (task: Task): number => ended.push(`${what} ${task.id} ${"result" in task}`);
    const bar = (taskId: string): ReactElement => h(TaskProgress, {
        taskId, className: "mine", onComplete: tell("complete"), onError: tell("error"),
    });
    const { page } = render(t, client(t, server.url), h("div", null, bar("a"), bar("b")));
    await until(() => page.querySelectorAll("[data-status=running]").length === 2, "both tasks");
    const [a, b] = [...page.querySelectorAll<HTMLElement>(".mine")];
    assert.match(a!.textContent!, /Import.*40 %.*running.*half/);
    const progress = a!.querySelector("progress")!;
    assert.equal(progress.getAttribute("value"), "40");
    assert.equal(progress.getAttribute("aria-label"), "Import");
    assert.equal(b!.querySelector("progress")!.hasAttribute("value"), false, "not known yet");
    server.publish("TASK_COMPLETED", { id: "a", progress: 100 });
    server.publish("TASK_FAILED", { id: "b", error: { type: "Broken", message: "it broke" } });
    await until(() => ended.length === 2, "both ends");
    await until(() => /it broke/.test(b!.textContent!), "why");
    assert.equal(b!.querySelector("[role=status]")?.textContent, "failed");
    server.publish("TASK_UPDATED", { id: "a", attempt: 2, status: "running" });
    await until(() => a!.dataset["status"] === "running", "another attempt");
    server.publish("TASK_COMPLETED", { id: "a", attempt: 2 });
    await until(() => ended.length === 3, "its end");
    assert.deepEqual(ended.sort(), ["complete a true", "complete a true", "error b true"]);
});

test("on a server that renders pages nothing is asked for", async (t) => {
    const server = await serve(t);
    const bell = client(t, server.url);
    const html = renderToString(
        h(BellwireProvider, { client: bell }, h(TaskProgress, { taskId: "a" })));
    assert.match(html, /data-status="unknown"/);
    assert.deepEqual(server.requests, []);
});
