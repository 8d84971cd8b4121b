// What is told of tasks that end.
import { strict as assert } from "node:assert";
import { mock, test } from "node:test";
import { endedOf, type Notice, Notices, type Wanted } from "../src/shell/notices.ts";

const event = (id: string, status: string, title?: string) => ({ data: { id, status, ...(title && { title }) } });

/** What is told after a while of these, with titles that the server knows. */
async function told(wanted: Wanted, events: ReturnType<typeof event>[]): Promise<Notice[]> {
    mock.timers.enable({ apis: ["setTimeout"] });
    const notices: Notice[] = [];
    const all = new Notices(wanted, (id) => Promise.resolve(`The ${id}`), (notice) => notices.push(notice));
    for (const one of events) all.take(one);
    assert.deepEqual(notices, [], "all at once come together");
    mock.timers.tick(10_000);
    mock.timers.reset();
    await new Promise(setImmediate);
    all.close();
    return notices;
}

test("only the end of a task is told", () => {
    assert.equal(endedOf(event("a", "running")), null);
    assert.equal(endedOf(event("a", "cancelled")), null, "somebody wanted that");
    assert.equal(endedOf({ data: { status: "failed" } }), null);
    assert.equal(endedOf(event("a", "completed"))?.isGood, true);
    assert.equal(endedOf(event("a", "timeout"))?.isGood, false);
});

test("each by its title, with the page that says more", async () => {
    assert.deepEqual(await told("all", [event("a/1", "failed", "Import"), event("b", "completed")]), [
        { text: "Failed: Import", isGood: false, link: "/tasks/a%2F1" },
        { text: "Completed: The b", isGood: true, link: "/tasks/b" },
    ]);
});

test("of many only how many", async () => {
    const many = Array.from({ length: 1200 }, (_, n) => event(`t${n}`, "timeout"));
    assert.deepEqual(await told("failed", many), [
        { text: "1,200 tasks failed", isGood: false, link: "/tasks?status=failed,timeout&sort=-updated_at" },
    ]);
});

test("nothing that is not wanted", async () => {
    const both = [event("a", "failed"), event("b", "completed")];
    assert.deepEqual((await told("failed", both)).map(({ text }) => text), ["Failed: The a"]);
    assert.deepEqual(await told("none", both), []);
});
