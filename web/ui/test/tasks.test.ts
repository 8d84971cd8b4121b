// The parts of the list of tasks that need no page: its view in the address, its order, its selection.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Task } from "bellwire";

import { countNew, joinsKnown, mergeHead } from "../src/pages/tasks/merge.ts";
import { Selection } from "../src/pages/tasks/selection.ts";
import { EVERYTHING, filterOf, isBefore, isFiltered, matches, queryOf, viewOf } from "../src/pages/tasks/view.ts";

const task = (id: string, fields: Partial<Task> = {}): Task =>
    ({ id, title: null, status: "running", type: null, owner: null, resource: null, queue: null, ...fields }) as Task;
const created = (id: string, second: number): Task => task(id, { created_at: `2026-05-01T00:00:0${second}.000000Z` });

test("a view and its address say the same", () => {
    const address = "status=running%2Cfailed&owner=ann%2C%E6%9D%8E%5C%2C+S&q=may+%26+june&sort=-updated_at";
    const view = viewOf(new URLSearchParams(address));
    assert.deepEqual(view.status, ["running", "failed"]);
    assert.deepEqual(view.owner, ["ann", "李, S"]);
    assert.equal(view.q, "may & june");
    assert.equal(queryOf(view).toString(), address);
    assert.deepEqual(filterOf(view), { status: ["running", "failed"], owner: ["ann", "李, S"], q: "may & june" });
});

test("what an address says wrongly is left out", () => {
    const view = viewOf(new URLSearchParams("status=done,running,running&sort=name&owner=,"));
    assert.deepEqual(view, { ...EVERYTHING, status: ["running"] });
    assert.equal(queryOf(EVERYTHING).toString(), "");
    assert.equal(isFiltered(EVERYTHING), false);
});

test("a task belongs to a view as the server would say", () => {
    const view = { ...EVERYTHING, status: ["running"] as const, owner: ["ann"], q: "MAY" };
    assert.ok(matches(view, task("a", { owner: "ann", title: "Import of May" })));
    assert.ok(matches(view, task("may-7", { owner: "ann" })));
    assert.ok(!matches(view, task("may-7", { owner: "bob" })));
    assert.ok(!matches(view, task("may-7", { owner: "ann", status: "completed" })));
    assert.ok(!matches(view, task("june", { owner: "ann" })));
});

test("order goes by the time that is asked for", () => {
    assert.ok(isBefore("-created_at", created("b", 2), created("a", 1)));
    assert.ok(isBefore("created_at", created("a", 1), created("b", 2)));
    assert.ok(!isBefore("created_at", created("a", 1), created("b", 1)));
});

test("a new reading of the beginning puts new ones first and takes away what has gone", () => {
    const rows = new Map([5, 4, 3, 2, 1].map((n) => [`t${n}`, created(`t${n}`, n)]));
    const ids = [...rows.keys()];
    // t6 came, t4 was deleted; what comes after the page is not touched.
    const page = { items: [created("t6", 6), created("t5", 5), created("t3", 3)], next: "more" };
    assert.deepEqual(mergeHead(ids, (id) => rows.get(id), page, "-created_at"), ["t6", "t5", "t3", "t2", "t1"]);
    assert.equal(countNew(new Set(ids), page), 1);
    // A whole list is what it is.
    assert.deepEqual(mergeHead(ids, (id) => rows.get(id), { ...page, next: null }, "-created_at"), ["t6", "t5", "t3"]);
    assert.deepEqual(mergeHead(ids, (id) => rows.get(id), { items: [], next: null }, "-created_at"), []);
});

test("a reading that ends before anything known begins does not join it: there may be tasks between", () => {
    const rows = new Map([created("t2", 2), created("t1", 1)].map((row) => [row.id, row]));
    const rowOf = (id: string) => rows.get(id);
    const page = (...ns: number[]) => ({ items: ns.map((n) => created(`t${n}`, n)), next: "more" });
    assert.ok(joinsKnown(rowOf, page(4, 3, 2), "-created_at"));
    assert.ok(!joinsKnown(rowOf, page(9, 8, 7), "-created_at"));
    assert.ok(!joinsKnown(rowOf, { items: [created("t2", 9)], next: "more" }, "-created_at")); // it has moved
    assert.ok(!joinsKnown(rowOf, page(), "-created_at"));
});

test("a selection grows by clicks and by ranges in the list's order", () => {
    const order = ["a", "b", "c", "d", "e"];
    const selection = new Selection();
    selection.toggle("d", order);
    selection.extend("b", order);
    assert.deepEqual([...selection.ids].sort(), ["b", "c", "d"]);
    selection.toggle("c", order);
    assert.ok(!selection.has("c"));
    selection.extend("gone", order);
    assert.ok(selection.has("gone"));
    selection.drop("gone");
    selection.selectAll();
    assert.ok(selection.isAll && selection.has("never read"));
    selection.toggle("a", order); // all but this one, as far as they are in the list
    assert.deepEqual(selection.ids, ["b", "c", "d", "e"]);
    assert.ok(!selection.isAll);
    selection.clear();
    assert.ok(selection.isEmpty);
});
