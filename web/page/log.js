// A task's log: its end first, older lines on request, new ones as they come.
//
// DESIGN. The journal is read forwards only, by cursor. The end of a log is found by stepping back
// from the newest cursor in growing strides until a stride holds enough lines. Lines are kept up to
// LINES_MAX; beyond that the oldest leave.

import { appendAnsi } from "./ansi.js";
import { apiPath, getJson, taskPath } from "./api.js";
import { epochOf, makeCursor, seqOf } from "./cursor.js";
import { el } from "./dom.js";

const LINES_MAX = 5000;
const LINES_WANTED = 200;
const PAGE_LINES = 1000;
const STRIDE = 2000;
const AT_END_PX = 32;

const LEVELS = { debug: 0, info: 1, warning: 2, warn: 2, error: 3, critical: 3 };

function textOf(event) {
    return event.message || event.data?.message || event.data?.line || "";
}

export class LogView {
    #taskId;
    #box; // scrolls
    #lines = el("div", { class: "lines", role: "log", "aria-label": "Log" });
    #older = el("button", { class: "older", type: "button", hidden: "" }, "Older lines");
    #newer = el("button", { class: "newer", type: "button", hidden: "" });
    #queue = []; // arrived, not drawn yet
    #frame = 0;
    #first = null; // cursor of the oldest line held
    #unseen = 0;
    #follow = true;
    isClosed = false;

    constructor(taskId, container) {
        this.#taskId = taskId;
        this.#box = el("div", { class: "log-box", tabindex: 0 }, this.#older, this.#lines);
        container.replaceChildren(this.#box, this.#newer);
        this.#older.addEventListener("click", () => this.#readOlder());
        this.#newer.addEventListener("click", () => this.#toEnd());
        this.#box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    }

    close() {
        this.isClosed = true;
        cancelAnimationFrame(this.#frame);
    }

    setLevel(level) {
        this.#lines.dataset.level = level;
        if (this.#follow) this.#toEnd();
    }

    pollPath(cursor, limit) {
        return apiPath(taskPath(this.#taskId, "/logs"), { after: cursor, limit });
    }

    // Reads the end of the log anew; resolves to the cursor to go on from.
    async read() {
        const { cursor } = await getJson(this.pollPath("latest", 1));
        const events = await this.#readBefore(epochOf(cursor), seqOf(cursor) + 1);
        this.#queue = [];
        this.#lines.replaceChildren();
        this.#first = events[0]?.cursor ?? null;
        this.#lines.append(...events.map((event) => this.#line(event)));
        this.#trim();
        this.#toEnd();
        return cursor;
    }

    // A live line.
    add(event) {
        if (event.data?.id !== this.#taskId && event.data?.task_id !== this.#taskId) return;
        this.#first ??= event.cursor;
        this.#queue.push(event);
        if (this.#queue.length > LINES_MAX) this.#queue.shift();
        this.#frame ||= requestAnimationFrame(() => this.#draw());
    }

    // Every line from some place before `before` up to it: at least LINES_WANTED, or all there are.
    async #readBefore(epoch, before) {
        for (let stride = STRIDE; ; stride *= 8) {
            const from = Math.max(0, before - 1 - stride);
            const events = await this.#readRange(epoch, from, before);
            const isAll = from === 0 || events === null;
            const found = events ?? (await this.#readRange(null, 0, before));
            if (isAll || found.length >= LINES_WANTED) {
                this.#older.hidden = isAll && found.length <= LINES_MAX;
                return found.slice(-LINES_MAX);
            }
        }
    }

    // The lines after `from` and before `before`; null when `from` is no longer kept. Without an
    // epoch, from the oldest.
    async #readRange(epoch, from, before) {
        const events = [];
        let after = epoch === null ? "oldest" : makeCursor(epoch, from);
        for (;;) {
            const { data, cursor, reset } = await getJson(this.pollPath(after, PAGE_LINES));
            if (this.isClosed) return [];
            if (reset) return null;
            for (const event of data.events) {
                if (seqOf(event.cursor) >= before) return events;
                events.push(event);
            }
            if (!data.more) return events;
            if (events.length > 2 * LINES_MAX) events.splice(0, LINES_MAX);
            after = cursor;
        }
    }

    async #readOlder() {
        if (this.#first === null) return;
        this.#older.disabled = true;
        try {
            const events = await this.#readBefore(epochOf(this.#first), seqOf(this.#first));
            const room = LINES_MAX - this.#lines.childElementCount;
            const shown = events.slice(-room);
            if (room <= 0 || shown.length < events.length) this.#older.hidden = true;
            if (room <= 0 || shown.length === 0) return;
            this.#first = shown[0].cursor;
            const height = this.#box.scrollHeight;
            this.#lines.prepend(...shown.map((event) => this.#line(event)));
            this.#box.scrollTop += this.#box.scrollHeight - height;
        } finally {
            this.#older.disabled = false;
        }
    }

    #line(event) {
        const level = LEVELS[String(event.data?.level ?? "info").toLowerCase()] ?? 1;
        const text = el("span", { class: "text" });
        appendAnsi(text, textOf(event));
        const time = new Date(event.timestamp).toLocaleTimeString([], { hour12: false });
        return el("div", { class: `line level-${level}` },
            el("time", { datetime: event.timestamp }, time), text);
    }

    #draw() {
        this.#frame = 0;
        const events = this.#queue;
        this.#queue = [];
        this.#lines.append(...events.map((event) => this.#line(event)));
        if (this.#follow) {
            this.#trim();
            this.#toEnd();
            return;
        }
        // Somebody reads further up: nothing may move under their eyes.
        this.#unseen += events.length;
        if (this.#lines.childElementCount > 2 * LINES_MAX) this.#trim();
        this.#newer.textContent = `↓ ${this.#unseen} new`;
        this.#newer.hidden = false;
    }

    #trim() {
        const extra = this.#lines.childElementCount - LINES_MAX;
        if (extra <= 0) return;
        const range = document.createRange();
        range.setStart(this.#lines, 0);
        range.setEnd(this.#lines, extra);
        range.deleteContents();
        this.#older.hidden = true;
    }

    #scrolled() {
        const left = this.#box.scrollHeight - this.#box.clientHeight - this.#box.scrollTop;
        this.#follow = left < AT_END_PX;
        if (this.#follow) this.#seen();
    }

    #seen() {
        this.#unseen = 0;
        this.#newer.hidden = true;
    }

    #toEnd() {
        this.#follow = true;
        this.#seen();
        this.#box.scrollTop = this.#box.scrollHeight;
    }
}
