// The stretch of a log that is at hand, on a log of so many lines as one likes.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { BellwireEvent } from "bellwire";

import { plainText } from "../src/kit/ansi.ts";
import { readText } from "../src/kit/log/download.ts";
import { LogFeed } from "../src/kit/log/feed.ts";
import { ALL_LINES, levelOf, type LogFilter, matches } from "../src/kit/log/filter.ts";
import { type LogPage, LogReset, type LogSource } from "../src/kit/log/source.ts";

const line = (n: number, message = `line ${n}`, level?: string): BellwireEvent =>
    ({ cursor: `e.${n}`, timestamp: "2026-05-01T00:00:00Z", message, data: { id: "t", ...(level === undefined ? {} : { level }) } }) as unknown as BellwireEvent;

/** A log as the server has it: lines 1 to `n`, and whoever follows it. */
class Log implements LogSource {
    n = 0;
    asked = 0;
    oldest = 1; // what is before is not kept
    fails = false;
    #followers = new Set<(event: BellwireEvent) => void>();

    say(n: number): void {
        for (let i = 0; i < n; i++) {
            this.n++;
            for (const tell of this.#followers) tell(line(this.n));
        }
    }

    async read(filter: LogFilter, place: { after: string } | { before: string }, limit: number, signal: AbortSignal): Promise<LogPage> {
        this.asked++;
        await Promise.resolve();
        signal.throwIfAborted();
        if (this.fails) throw new Error("away");
        const text = "after" in place ? place.after : place.before;
        const at = text === "oldest" ? this.oldest - 1 : text === "latest" ? this.n + 1 : Number(text.slice(2));
        if (at < this.oldest - 1) throw new LogReset(false);
        const isBack = "before" in place;
        const from = isBack ? Math.max(this.oldest, at - limit) : at + 1;
        const to = isBack ? at - 1 : Math.min(this.n, at + limit);
        const events = [];
        for (let n = from; n <= to; n++) if (matches(filter, line(n))) events.push(line(n));
        const more = isBack ? from > this.oldest : to < this.n;
        return { events, more, earlier: isBack && more ? `e.${from}` : null, cursor: `e.${isBack ? this.n : to}` };
    }

    follow(_filter: LogFilter, after: string, onLine: (event: BellwireEvent) => void): () => void {
        this.#followers.add(onLine);
        for (let n = Number(after.slice(2)) + 1; n <= this.n; n++) onLine(line(n));
        return () => this.#followers.delete(onLine);
    }
}

const settled = async (feed: LogFeed): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve)); while (feed.isReading);
};
const numbers = (feed: LogFeed): number[] => feed.lines.map(({ cursor }) => Number(cursor.slice(2)));

/** In one piece, bounded, from this line to that. */
function holds(feed: LogFeed, from: number | null, to: number): void {
    const all = numbers(feed);
    assert.ok(all.length <= 20_000);
    for (let i = 1; i < all.length; i++) assert.equal(all[i], all[i - 1]! + 1);
    if (from !== null) assert.equal(all[0], from);
    assert.equal(all.at(-1), to);
}

function opened(n: number): { log: Log; feed: LogFeed } {
    const log = new Log();
    log.say(n);
    return { log, feed: new LogFeed(log, () => {}) };
}

test("a log is opened at its end, and has what comes", async () => {
    const { log, feed } = opened(1_200);
    feed.open(ALL_LINES);
    await settled(feed);
    holds(feed, 701, 1_200);
    log.say(3);
    holds(feed, 701, 1_203);
    assert.equal(feed.unseen, 0);
    feed.older();
    await settled(feed);
    holds(feed, 1, 1_203);
    assert.ok(feed.isAtBegin);
});

test("it is bounded: who follows the end lets go of the beginning, and may read it again", async () => {
    const { log, feed } = opened(0);
    feed.open(ALL_LINES);
    await settled(feed);
    log.say(50_000);
    holds(feed, null, 50_000);
    const first = numbers(feed)[0]!;
    assert.equal(feed.first, first - 1, "a line keeps its number");
    feed.older();
    await settled(feed);
    assert.equal(feed.first, numbers(feed)[0]! - 1);
    assert.equal(numbers(feed)[0], first - 1_000);
});

test("who reads backwards lets go of the end, and finds it again without a gap", async () => {
    const { log, feed } = opened(30_000);
    feed.open(ALL_LINES);
    await settled(feed);
    feed.isFollowed = false;
    for (let i = 0; i < 22; i++) {
        feed.older();
        await settled(feed);
    }
    assert.ok(!feed.isAtEnd);
    log.say(10);
    assert.equal(feed.unseen, 10);
    while (!feed.isAtEnd) {
        feed.newer();
        await settled(feed);
    }
    holds(feed, null, 30_010);
    log.say(5);
    holds(feed, null, 30_015);
});

test("what comes while it is full and not followed is read later", async () => {
    const { log, feed } = opened(0);
    feed.open(ALL_LINES);
    await settled(feed);
    feed.isFollowed = false;
    log.say(20_100);
    holds(feed, 1, 20_000);
    assert.equal(feed.unseen, 20_100);
    feed.newer();
    await settled(feed);
    holds(feed, null, 20_100);
});

test("a pause keeps the lines as they are; after it there is no gap", async () => {
    for (const came of [0, 7, 4_000, 9_000]) {
        const { log, feed } = opened(100);
        feed.open(ALL_LINES);
        await settled(feed);
        feed.pause();
        log.say(came);
        assert.equal(feed.unseen, came);
        feed.newer();
        await settled(feed);
        holds(feed, 1, 100);
        feed.toEnd();
        await settled(feed);
        holds(feed, came < 5_000 ? 1 : null, 100 + came);
        assert.equal(feed.unseen, 0);
        log.say(1);
        holds(feed, null, 101 + came);
    }
});

test("who asks for the end again and again gets every line once, and a pause meanwhile is one", async () => {
    const { log, feed } = opened(100);
    feed.open(ALL_LINES);
    await settled(feed);
    feed.pause();
    log.say(10);
    feed.toEnd();
    feed.toEnd();
    await settled(feed);
    holds(feed, 1, 110);
    feed.pause();
    log.say(3_000);
    feed.toEnd();
    feed.pause();
    await settled(feed);
    const asked = log.asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(feed.isPaused && log.asked === asked);
    feed.toEnd();
    await settled(feed);
    holds(feed, 1, 3_110);
});

test("it is opened at a line, with what is around it", async () => {
    const { feed } = opened(10_000);
    feed.open(ALL_LINES, "e.5000");
    await settled(feed);
    holds(feed, 4_500, 5_999);
    assert.ok(!feed.isAtEnd && !feed.isAtBegin);
    feed.open(ALL_LINES, "e.1");
    await settled(feed);
    holds(feed, 1, 1_000);
    assert.ok(feed.isAtBegin);
    feed.open(ALL_LINES, "e.10000");
    await settled(feed);
    holds(feed, 9_500, 10_000);
    assert.ok(feed.isAtEnd);
    feed.openBegin();
    await settled(feed);
    holds(feed, 1, 1_000);
});

test("a line that is not kept any more: it says so, and shows the end", async () => {
    const { log, feed } = opened(10_000);
    log.oldest = 5_000;
    feed.open(ALL_LINES, "e.100");
    await settled(feed);
    await settled(feed);
    assert.ok(feed.isLost);
    holds(feed, null, 10_000);
});

test("what went wrong is told, and tried again when asked", async () => {
    const { log, feed } = opened(2_000);
    log.fails = true;
    feed.open(ALL_LINES);
    await settled(feed);
    assert.ok(!feed.isLoaded && feed.error instanceof Error);
    log.fails = false;
    feed.retry();
    await settled(feed);
    holds(feed, 1_501, 2_000);
    assert.equal(feed.error, null);
});

test("another filter: what is under way for the old one changes nothing", async () => {
    const { log, feed } = opened(3_000);
    feed.open(ALL_LINES);
    feed.open({ ...ALL_LINES, q: "LINE 29" });
    await settled(feed);
    feed.older();
    await settled(feed);
    assert.ok(numbers(feed).every((n) => String(n).startsWith("29")));
    log.say(1);
    assert.equal(numbers(feed).at(-1), 2_999);
    feed.close();
    log.say(1);
    assert.equal(feed.unseen, 0);
});

test("levels are those of the server, whatever a producer calls them", () => {
    const levels = [undefined, "WARN", "fatal", "trace", "odd", "error"].map((level) => levelOf(line(1, "", level)));
    assert.deepEqual(levels, ["info", "warning", "error", "debug", "info", "error"]);
    assert.ok(!matches({ ...ALL_LINES, level: "warning" }, line(1)));
    assert.ok(matches({ ...ALL_LINES, level: "warning" }, line(1, "", "critical")));
    assert.ok(!matches({ ...ALL_LINES, q: "ä" }, line(1, "Ä")), "as on the server, only a to z are folded");
});

test("a file has every line once, and says so if there are more than it may have", async () => {
    const { log } = opened(3_210);
    const { signal } = new AbortController();
    const told: number[] = [];
    const whole = await readText(log, ALL_LINES, signal, (n) => told.push(n));
    const said = (await whole.file.text()).trimEnd().split("\n").map((one) => one.split(" t ")[1]);
    assert.deepEqual(said, Array.from({ length: 3_210 }, (_, i) => `line ${i + 1}`));
    assert.ok(!whole.isCut);
    assert.deepEqual(told, [1_000, 2_000, 3_000, 3_210]);
    const some = await readText(log, ALL_LINES, signal, () => {}, 2_000);
    assert.ok(some.isCut);
    assert.equal((await some.file.text()).trimEnd().split("\n").length, 2_000);
});

test("a file goes on where lines left the journal, and has none of another one", async () => {
    for (const [isOtherJournal, expected] of [[false, 2_000], [true, 1_000]] as const) {
        const { log } = opened(2_000);
        const source: LogSource = {
            follow: () => () => {},
            async read(filter, place, limit, signal) {
                if (log.asked === 1 && log.oldest === 1) {
                    log.oldest = 1_001;
                    throw new LogReset(isOtherJournal);
                }
                return log.read(filter, place, limit, signal);
            },
        };
        const { file } = await readText(source, ALL_LINES, new AbortController().signal, () => {});
        assert.equal((await file.text()).trimEnd().split("\n").length, expected);
    }
});

test("a file has the text without colours", () => {
    assert.equal(plainText("\x1b[1;32mok\x1b[0m \x1b]0;title\x07done\x1b[2K"), "ok done");
});
