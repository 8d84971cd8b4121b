// The parts of the overview that need no page: what is drawn, what is chosen, what is read when.
import { strict as assert } from "node:assert";
import { mock, test } from "node:test";
import type { Task } from "bellwire";

import { longest, SHOWN, soonest } from "../src/pages/overview/choice.ts";
import { EVERY_MS, Reading } from "../src/pages/overview/reading.ts";
import { milliseconds, perMinute, perSecond, timesOf } from "../src/pages/overview/series.ts";

const history = (step_s: number, series: Record<string, (number | null)[]>) =>
    ({ step_s, points: Object.values(series)[0]!.length, end: "2026-05-01T00:01:00.000000Z", series });

test("the last step ends when the history does", () => {
    const end = Date.parse("2026-05-01T00:01:00Z") / 1000;
    assert.deepEqual(timesOf(history(5, { events: [0, 0, 0] })), [end - 10, end - 5, end]);
    assert.deepEqual(timesOf({ step_s: 5, points: 0, end: null, series: {} }), []);
});

test("counts become rates; what was not measured is not zero", () => {
    assert.deepEqual(perSecond(history(5, { events: [10, null, 0] }), "events"), [2, null, 0]);
    assert.deepEqual(milliseconds(history(5, { commit_us_p50: [1500, null, 0] }), "commit_us_p50"), [1.5, null, 0.001]);
    assert.deepEqual(perSecond(history(5, { events: [1] }), "unknown"), []);
});

test("what ended in a minute is counted over a minute, by all its names", () => {
    const fine = history(20, { failed: [3, 0, 0, 0, null], timeout: [0, 1, 0, 0, null] });
    assert.deepEqual(perMinute(fine, ["failed", "timeout"]), [3, 4, 4, 1, null]);
    assert.deepEqual(perMinute(history(120, { failed: [6, 0] }), ["failed"]), [3, 0]);
});

const task = (id: string, fields: Partial<Task>): Task =>
    ({ id, progress: 50, eta_s: null, started_at: null, updated_at: "2026-05-01T00:00:00Z", ...fields }) as Task;
const ids = (tasks: readonly Task[]): string[] => tasks.map(({ id }) => id);

test("the longest are those that began first, and have begun", () => {
    const tasks = [..."cab"].map((id, n) => task(id, { started_at: `2026-05-01T00:00:0${n}Z` }));
    assert.deepEqual(ids(longest([task("waits", {}), ...tasks.toReversed()])), ["c", "a", "b"]);
    assert.equal(longest(Array.from({ length: 2 * SHOWN }, (_, n) => task(`${n}`, { started_at: "2026-05-01T00:00:00Z" }))).length, SHOWN);
});

test("the soonest are those whose end comes first, whenever it was estimated", () => {
    const tasks = [
        task("told long ago", { eta_s: 100, updated_at: "2026-05-01T00:00:00Z" }),
        task("told just now", { eta_s: 60, updated_at: "2026-05-01T00:01:00Z" }),
        task("nobody knows", {}),
        task("stuck", { eta_s: 1, updated_at: "2026-05-01T00:00:00Z" }),
        task("done", { eta_s: 0, progress: 100 }),
    ];
    assert.deepEqual(ids(soonest(tasks, Date.parse("2026-05-01T00:01:00Z"))), ["told long ago", "told just now"]);
});

/** A reading whose answers are given by hand, and a clock that is moved by hand. */
function scripted() {
    const reads: { signal: AbortSignal; answer: (value: string) => void; fail: () => void }[] = [];
    let told = 0;
    const reading = new Reading<string>(() => told++, (signal) => new Promise((answer, reject) => {
        const fail = (): void => reject(new Error("away"));
        signal.addEventListener("abort", fail);
        reads.push({ signal, answer, fail });
    }));
    const pass = async (ms: number): Promise<void> => {
        await new Promise(setImmediate); // what was answered is taken
        now += ms;
        mock.timers.tick(ms);
        await new Promise(setImmediate);
    };
    return { reading, reads, pass, told: () => told };
}
let now = 0;
test.beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    mock.method(performance, "now", () => now);
});
test.afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
});

test("it is read every so often, once at a time, and soon when that is asked for", async () => {
    const { reading, reads, pass, told } = scripted();
    await pass(0);
    await pass(2 * EVERY_MS);
    assert.equal(reads.length, 1, "the first is not answered yet");
    reads[0]!.answer("a");
    await pass(0);
    assert.deepEqual([reading.value, told()], ["a", 1]);
    await pass(0);
    assert.equal(reads.length, 2, "overdue");
    reads[1]!.answer("b");
    await pass(0);
    reading.in(1_000);
    reading.in(2_000);
    await pass(999);
    assert.equal(reads.length, 2);
    await pass(1);
    assert.equal(reads.length, 3);
    reading.in(1_000); // while it is read: what changed may not be in the answer
    reads[2]!.answer("c");
    await pass(1_000);
    assert.equal(reads.length, 4);
    reading.close();
});

test("what is not answered leaves what was known, and says so until it is", async () => {
    const { reading, reads, pass } = scripted();
    await pass(0);
    reads[0]!.answer("a");
    await pass(EVERY_MS);
    reads[1]!.fail();
    await pass(0);
    assert.deepEqual([reading.value, reading.isLate], ["a", true]);
    await pass(EVERY_MS);
    reads[2]!.answer("b");
    await pass(0);
    assert.deepEqual([reading.value, reading.isLate], ["b", false]);
    reading.close();
});

test("another thing is read at once, and the answer about the former is not taken", async () => {
    const { reading, reads, pass } = scripted();
    await pass(0);
    reading.anew();
    await pass(0);
    assert.ok(reads[0]!.signal.aborted);
    assert.equal(reading.isLate, false);
    reads[1]!.answer("new");
    await pass(0);
    assert.equal(reading.value, "new");
    reading.close();
    await pass(10 * EVERY_MS);
    assert.equal(reads.length, 2, "nothing after the end");
});
