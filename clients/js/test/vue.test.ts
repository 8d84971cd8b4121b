// bellwire/vue in a real DOM, on a scripted server.
import "./kit/dom.ts";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { TaskQuery } from "../src/index.ts";
import { client, serve, until } from "./kit/kit.ts";

// After the DOM: Vue looks for it when it is loaded.
const { createApp, defineComponent, h, nextTick, ref } = await import("vue");
const { bellwire, useConnection, useTask, useTasks } = await import("../src/vue.ts");

function mount(t: TestContext, url: string, setup: () => () => unknown): HTMLElement {
    const page = document.createElement("main");
    const app = createApp(defineComponent({ setup }));
    app.use(bellwire(client(t, url)));
    app.mount(page);
    t.after(() => app.unmount());
    return page;
}

test("useTask follows one task, and another when the ref changes", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", progress: 10 });
    server.publish("TASK_UPDATED", { id: "b", progress: 20 });
    const id = ref("a");
    const page = mount(t, server.url, () => {
        const task = useTask(id);
        return () => h("p", task.value === null ? "none" : `${id.value} ${task.value?.progress}`);
    });
    await until(() => page.textContent === "a 10", "the task");
    server.publish("TASK_UPDATED", { id: "a", progress: 11 });
    await until(() => page.textContent === "a 11", "its progress");
    id.value = "b";
    await until(() => page.textContent === "b 20", "the other task");
    server.publish("TASK_DELETED", { id: "b" });
    await until(() => page.textContent === "none", "that it is gone");
});

test("useTasks follows a query, and useConnection the connection", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a" });
    server.publish("TASK_COMPLETED", { id: "b" });
    const query = ref<TaskQuery>({});
    const page = mount(t, server.url, () => {
        const { tasks, total, isLoaded } = useTasks(query);
        const state = useConnection();
        return () => h("p", isLoaded.value
            ? `${tasks.value.map(({ id }) => id).join()} of ${total.value} ${state.value}` : "…");
    });
    await until(() => page.textContent === "b,a of 2 live", "the tasks");
    query.value.status = "completed";
    await until(() => page.textContent === "b of 1 live", "the other query");
});

test("what a component followed ends with it", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a" });
    const isShown = ref(true);
    const Child = defineComponent({
        setup() {
            const task = useTask("a");
            const { tasks } = useTasks();
            return () => h("b", `${task.value?.status} ${tasks.value.length}`);
        },
    });
    const page = mount(t, server.url, () => () => isShown.value ? h(Child) : h("i"));
    await until(() => page.textContent === "running 1" && server.sockets.size === 1, "the task");
    isShown.value = false;
    await nextTick();
    await until(() => server.sockets.size === 0, "the end of the connection");
    assert.equal(page.textContent, "");
});
