// Numbers, times and terminal output as people read them.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { ansiHtml } from "../src/kit/ansi.ts";
import type { Task } from "bellwire";
import { formatAgo, formatDuration, formatPercent, formatRate } from "../src/kit/format.ts";

test("progress is never rounded up to done", () => {
    assert.equal(formatPercent(99.96), "99.9 %");
    assert.equal(formatPercent(100), "100 %");
    assert.equal(formatPercent(0), "0 %");
});

test("durations have two parts at most", () => {
    assert.deepEqual([3, 61, 3_660, 90_000, -5].map(formatDuration), ["3 s", "1 m 01 s", "1 h 01 m", "1 d 1 h", "0 s"]);
});

test("a moment ago is now, and what is older says how much", () => {
    const now = Date.parse("2026-01-01T12:00:00Z");
    assert.equal(formatAgo("2026-01-01T11:59:59Z", now), "now");
    assert.equal(formatAgo("2026-01-01T11:58:00Z", now), "2 min. ago");
    assert.equal(formatAgo(null, now), "");
});

test("a rate is told in the time in which something happens", () => {
    const rate = (rate: number | null, total_units: number | null = 100): string =>
        formatRate({ status: "running", rate, total_units, completed_units: null } as Task);
    assert.deepEqual([12.34, 0.25, 0.01, null].map((n) => rate(n)), ["12.3/s", "15/min", "36/h", ""]);
    assert.equal(rate(0.25, null), "15 %/min");
});

test("terminal colours become classes, other sequences go, HTML is text", () => {
    assert.equal(ansiHtml("\x1b[31mred\x1b[0m <b>"), '<span class="ansi-red-fg">red</span> &lt;b&gt;');
    assert.equal(ansiHtml("\x1b[38;2;1;2;3mtrue\x1b[0m").includes("style"), false);
    assert.equal(ansiHtml("\x1b]0;title\x07a\x1b[2Kb\rc"), "abc");
    assert.equal(ansiHtml("\x1b[1;32mok"), '<span class="ansi-bold ansi-green-fg">ok</span>');
});
