// bellwire/elements in a real DOM, on a scripted server.
import { window } from "./kit/dom.ts";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { client, serve, until } from "./kit/kit.ts";

const { setPageClient } = await import("../src/elements/index.ts");

function show(t: TestContext, url: string, html: string): HTMLElement {
    setPageClient(client(t, url));
    document.body.innerHTML = html;
    t.after(() => document.body.replaceChildren());
    return document.body.firstElementChild as HTMLElement;
}

const within = (element: Element, selector: string): HTMLElement | null =>
    element.shadowRoot!.querySelector<HTMLElement>(selector);

const text = (element: Element, selector: string): string =>
    within(element, selector)?.textContent ?? "";

test("<bellwire-task> shows a task as it goes, and says when it ends", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", title: "Import", eta_s: 75 });
    const said: string[] = [];
    const tell = (event: Event): number =>
        said.push(`${event.type} ${(event as CustomEvent<{ id: string }>).detail.id}`);
    const element = show(t, server.url, '<bellwire-task task-id="a"></bellwire-task>');
    element.addEventListener("bellwire-complete", tell);
    element.addEventListener("bellwire-error", tell);
    await until(() => text(element, ".title") === "Import", "the task");
    const bar = within(element, "[role=progressbar]")!;
    assert.equal(bar.getAttribute("aria-label"), "Import");
    assert.equal(bar.hasAttribute("aria-valuenow"), false, "not known yet");
    assert.match(text(element, ".rest"), /1 min 15 s/);
    server.publish("TASK_UPDATED", { id: "a", progress: 42.5, message: "half" });
    await until(() => bar.getAttribute("aria-valuenow") === "42", "its progress");
    assert.equal(within(element, ".fill")!.style.width, "42.5%");
    assert.equal(text(element, ".message"), "half");
    server.publish("TASK_COMPLETED", { id: "a", progress: 100 });
    await until(() => said.length === 1, "its end");
    assert.equal(within(element, "[role=status]")!.textContent, "completed");
    element.setAttribute("task-id", "b");
    await until(() => text(element, ".status") === "no such task", "another task");
    server.publish("TASK_FAILED", { id: "b", error: "it broke" });
    await until(() => text(element, ".message") === "it broke", "its failure");
    assert.deepEqual(said, ["bellwire-complete a", "bellwire-error b"]);
});

test("<bellwire-task-list> follows a query given by attributes", async (t) => {
    const server = await serve(t);
    for (const id of ["a", "b", "c"]) server.publish("TASK_UPDATED", { id, title: id.toUpperCase() });
    server.publish("TASK_COMPLETED", { id: "d" });
    const element = show(t, server.url,
        '<bellwire-task-list status="running, paused" limit="2"></bellwire-task-list>');
    const titles = (): string =>
        [...element.shadowRoot!.querySelectorAll(".title")].map((node) => node.textContent).join();
    await until(() => titles() === "C,B", "the list");
    const [first] = element.shadowRoot!.querySelectorAll("li");
    server.publish("TASK_UPDATED", { id: "a", progress: 5 });
    await until(() => titles() === "A,C", "the one that moved up");
    assert.equal(element.shadowRoot!.querySelectorAll("li")[1], first, "nodes are kept");
    element.setAttribute("status", "failed");
    await until(() => text(element, "[role=status]") === "No tasks", "that there are none");
    assert.equal(titles(), "");
});

test("<bellwire-log> shows what a task says, so many lines of it, as plain text", async (t) => {
    const server = await serve(t);
    const say = (message: string, task_id = "a", level = "info"): void => {
        const { cursor } = server.publish("TASK_LOG", { task_id, level }, "logs");
        server.events.find((event) => event.cursor === cursor)!.message = message;
    };
    say("one");
    say("another task's", "b");
    say("two");
    const element = show(t, server.url, '<bellwire-log task-id="a" lines="3"></bellwire-log>');
    const lines = (): string[] =>
        [...element.shadowRoot!.querySelectorAll(".line")].map((node) => node.textContent ?? "");
    await until(() => lines().length === 2, "the old lines");
    assert.equal(within(element, ".log")!.getAttribute("role"), "log");
    await server.stop();
    say("\u001b[31mthree <b>\u001b[0m\u0007", "a", "ERROR");
    say("four");
    await server.start();
    await until(() => lines().includes("four"), "the new lines");
    assert.deepEqual(lines(), ["two", "three <b>", "four"]);
    assert.ok(within(element, ".line.error"));
    element.setAttribute("task-id", "b");
    await until(() => lines().join() === "another task's", "another log");
});

test("<bellwire-log> lets go of the end when somebody scrolls up", async (t) => {
    const server = await serve(t);
    const element = show(t, server.url, '<bellwire-log task-id="a"></bellwire-log>');
    const log = within(element, ".log")!;
    let height = 0;
    Object.defineProperty(log, "scrollHeight", { get: () => height });
    Object.defineProperty(log, "clientHeight", { get: () => 100 });
    const grow = async (to: number): Promise<void> => {
        const lines = log.childElementCount;
        height = to;
        server.publish("TASK_LOG", { task_id: "a" }, "logs");
        await until(() => log.childElementCount > lines, "a line");
    };
    await grow(500);
    assert.equal(log.scrollTop, 500, "follows");
    log.scrollTop = 200;
    log.dispatchEvent(new window.Event("scroll") as unknown as Event);
    await grow(600);
    assert.equal(log.scrollTop, 200, "lets go");
    log.scrollTop = 500;
    log.dispatchEvent(new window.Event("scroll") as unknown as Event);
    await grow(700);
    assert.equal(log.scrollTop, 700, "follows again");
});

test("an element that leaves the page lets go of its connection, and takes it up again", async (t) => {
    const server = await serve(t);
    server.publish("TASK_UPDATED", { id: "a", title: "A" });
    const element = show(t, server.url, '<bellwire-task task-id="a"></bellwire-task>');
    await until(() => server.sockets.size === 1 && text(element, ".title") === "A", "the task");
    element.remove();
    await until(() => server.sockets.size === 0, "the end of the connection");
    server.publish("TASK_UPDATED", { id: "a", title: "B" });
    document.body.append(element);
    await until(() => text(element, ".title") === "B", "the task as it is now");
});
