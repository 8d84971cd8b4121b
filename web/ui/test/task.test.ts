// A task's page: what it keeps of a task that reports for days.
import { strict as assert } from "node:assert";
import { test } from "node:test";

import { Line } from "../src/pages/task/line.ts";

test("a line is drawn whole until it is long, and then without losing its ends or its peaks", () => {
    const line = new Line(100);
    for (let i = 0; i < 100; i++) line.push(i, i);
    assert.deepEqual(line.points[0], line.points[1], "every point");
    for (let i = 100; i < 20_000; i++) line.push(i, i === 7_777 ? 1_000_000 : i === 9_999 ? -5 : 100);
    const [x, y] = line.points;
    assert.equal(x.length, y.length);
    assert.ok(x.length <= 100 && x.length > 30, `${x.length} points`);
    assert.deepEqual([x[0], x.at(-1)], [0, 19_999]);
    assert.equal(y[x.indexOf(7_777)], 1_000_000);
    assert.equal(y[x.indexOf(9_999)], -5);
    assert.deepEqual([...x], [...x].sort((a, b) => a - b), "in order");
    line.clear();
    assert.deepEqual(line.points, [[], []]);
});
