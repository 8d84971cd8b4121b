// The small pure parts: cursors, pauses, streams cut anywhere, lists in one text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { earliest, isAhead } from "../src/cursor.ts";
import { backoff } from "../src/settings.ts";
import { blockReader } from "../src/transports/sse.ts";
import type { Task } from "../src/types.ts";
import { joinValues, splitValues } from "../src/values.ts";
import { remainingOf } from "../src/words.ts";

test("what is ahead of what", () => {
    assert.ok(isAhead("00000001.10", "00000001.9"));
    assert.ok(!isAhead("00000001.9", "00000001.9"));
    assert.ok(isAhead("00000001.1", "oldest"));
    assert.ok(isAhead("00000001.1", null));
    assert.ok(isAhead("00000002.1", "00000001.9"), "another journal is another story");
    const from = (...cursors: string[]): string | null => earliest(cursors.map((cursor) => ({ cursor })));
    assert.equal(from("00000001.10", "00000001.9", "00000001.11"), "00000001.9");
    assert.equal(from("00000001.10", "oldest", "00000001.11"), "oldest");
    assert.equal(from(), null);
});

test("pauses double up to the longest, half of each by chance", () => {
    for (let attempt = 0; attempt < 2000; attempt++) {
        const full = Math.min(15_000, 500 * 2 ** attempt);
        const wait = backoff([500, 15_000], attempt);
        assert.ok(wait >= full / 2 && wait <= full, `attempt ${attempt}: ${wait}`);
    }
});

test("server-sent events are the same wherever the stream is cut", () => {
    const stream = ": hello\r\nretry: 2000\n\nevent: x\nid: 7\ndata: one: \u2028 two\n\n" +
        "data:three\r\n\r\nevent: nothing\n\n: beat\nid: 9\n\ndata: cut off";
    const expected = [["one: \u2028 two", "7"], ["three", ""], ["", "9"]];
    for (let cut = 0; cut <= stream.length; cut++) {
        const got: string[][] = [];
        const push = blockReader((data, id) => data + id !== "" && got.push([data, id]));
        push(stream.slice(0, cut));
        push(stream.slice(cut));
        assert.deepEqual(got, expected, `cut at ${cut}`);
    }
});

test("values in one text, with commas between them", () => {
    for (const values of [["a", "b c"], ["a,b", "c"], ["CORP\\ann", "x\\", ",", "\\,"], []]) {
        assert.deepEqual(splitValues(joinValues(values)), values);
    }
    assert.equal(joinValues(["a", "b,c", "d\\"]), "a,b\\,c,d\\\\");
    assert.deepEqual(splitValues(",a,,CORP\\ann,"), ["a", "CORP\\ann"]);
});

test("the time left, in words", () => {
    const left = (eta_s: number | null, status = "running"): string =>
        remainingOf({ eta_s, status } as Task);
    assert.equal(left(null), "");
    assert.equal(left(0.2), "1 s");
    assert.equal(left(59.6), "1 min");
    assert.equal(left(61), "1 min 1 s");
    assert.equal(left(3_600), "1 h");
    assert.equal(left(90_061), "1 d 1 h");
    assert.equal(left(86_405), "1 d");
    assert.equal(left(10, "completed"), "");
});
