// A task's log: its end first, older lines on request, new ones as they come.
//
// DESIGN. The server gives the end of a log, and what comes before some place in it, page by page.
// Lines are kept up to LINES_MAX; beyond that the oldest leave.

import { appendAnsi } from "./ansi.js";
import { apiPath, getJson, taskPath } from "./api.js";
import { el } from "./dom.js";

const LINES_MAX = 5000;
const END_LINES = 500; // of a log that is opened …
const OLDER_LINES = 1000; // … and more at each request
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
    #earlier = null; // where the lines before the oldest held are read
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
        const { events, cursor } = await this.#readBefore("latest", END_LINES);
        if (this.isClosed) return cursor;
        this.#queue = [];
        this.#lines.replaceChildren(...events.map((event) => this.#line(event)));
        this.#toEnd();
        return cursor;
    }

    // A live line.
    add(event) {
        if (event.data?.id !== this.#taskId && event.data?.task_id !== this.#taskId) return;
        this.#queue.push(event);
        if (this.#queue.length > LINES_MAX) this.#queue.shift();
        this.#frame ||= requestAnimationFrame(() => this.#draw());
    }

    async #readBefore(before, limit) {
        const path = apiPath(taskPath(this.#taskId, "/logs"), { before, limit });
        const { data, cursor } = await getJson(path);
        this.#earlier = data.earlier ?? null;
        this.#older.hidden = this.#earlier === null;
        return { events: data.events, cursor };
    }

    async #readOlder() {
        const room = LINES_MAX - this.#lines.childElementCount;
        if (this.#earlier === null || room <= 0) return;
        this.#older.disabled = true;
        try {
            const { events } = await this.#readBefore(this.#earlier, Math.min(room, OLDER_LINES));
            const height = this.#box.scrollHeight;
            this.#lines.prepend(...events.map((event) => this.#line(event)));
            this.#box.scrollTop += this.#box.scrollHeight - height;
            if (this.#lines.childElementCount >= LINES_MAX) this.#older.hidden = true;
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
