// The page: wires the connection, the store, the list and the opened task together.

import { apiPath, getJson } from "./api.js";
import { byId, copyButton, el, setText } from "./dom.js";
import { formatCount } from "./format.js";
import { TaskList } from "./list.js";
import { RowView } from "./rows.js";
import { TaskStore } from "./store.js";
import { TaskPanel } from "./task.js";
import { Wire } from "./wire.js";

const STATUSES = ["running", "pending", "paused", "completed", "failed", "cancelled", "timeout"];
const COUNTS_MS = 2000; // the counts are read again at most this often
const SEARCH_MS = 250; // after the last key

const LINK_TEXT = {
    connecting: ["Connecting", ""],
    live: ["Live", "Changes appear as they happen."],
    polling: ["Offline", "Reading the list every few seconds. Click to reconnect now."],
    offline: ["Offline", "The server cannot be reached. Click to try again now."],
};

const store = new TaskStore();
const list = new TaskList(store);
const wire = new Wire();
const rows = new RowView(byId("rows"));
const panel = new TaskPanel(store, wire);

// --- Drawing: at most once per frame, whatever arrives in it -----------------------------------

const changed = new Set();
let isReordered = false;
let frame = 0;

function draw() {
    frame = 0;
    if (isReordered) drawList();
    else for (const id of changed) rows.update(store.get(id));
    changed.clear();
    isReordered = false;
}

function drawList() {
    const tasks = list.rows;
    rows.draw(tasks);
    const isEmpty = list.loaded && tasks.length === 0;
    byId("table").hidden = tasks.length === 0;
    byId("nothing").hidden = !(isEmpty && list.isFiltered);
    byId("welcome").hidden = !(isEmpty && !list.isFiltered);
    byId("more").hidden = !list.hasMore;
    byId("cut").hidden = !list.isCut;
    setText(byId("cut"), `These are the newest ${formatCount(tasks.length)}. Search, or choose a ` +
        "status, to see others.");
}

list.onChange = (id) => {
    if (id === null) isReordered = true;
    else changed.add(id);
    frame ||= requestAnimationFrame(draw);
};

setInterval(() => {
    if (!document.hidden) rows.tick();
}, 1000);

// --- Filters: in the address, so that a view can be shared -------------------------------------

const chips = new Map();

function makeChips() {
    for (const status of ["", ...STATUSES]) {
        const count = el("span", { class: "chip-count" });
        const chip = el("button", { type: "button", class: `chip is-${status || "all"}` },
            el("span", {}, status || "all"), count);
        chip.addEventListener("click", () => filter(status, list.search));
        chips.set(status, { chip, count });
        byId("chips").append(chip);
    }
}

function markChips() {
    for (const [status, { chip }] of chips) {
        chip.setAttribute("aria-pressed", String(status === list.status));
    }
}

function filter(status, search) {
    const query = new URLSearchParams();
    if (status) query.set("status", status);
    if (search) query.set("q", search);
    const text = query.toString();
    history.replaceState(null, "", (text ? `?${text}` : location.pathname) + location.hash);
    const done = list.setFilter(status, search);
    markChips();
    done.catch((error) => setText(byId("problem"), `The list cannot be read: ${error.message}`));
    done.then(() => setText(byId("problem"), ""), () => {});
}

let searchTimer = 0;
byId("search").addEventListener("input", (event) => {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(() => filter(list.status, event.target.value), SEARCH_MS);
});

// --- Counts per status ---------------------------------------------------------------------------

let countsTimer = 0;

async function readCounts() {
    try {
        const { data } = await getJson(apiPath("stats"));
        let all = 0;
        for (const status of STATUSES) {
            const n = data.tasks?.[status] ?? 0;
            all += n;
            setText(chips.get(status).count, formatCount(n));
            chips.get(status).chip.hidden = n === 0 && status !== list.status;
        }
        setText(chips.get("").count, formatCount(all));
    } catch {
        // The list says what is wrong; counts come back with the next change.
    }
    countsTimer = 0;
}

function countSoon() {
    countsTimer ||= setTimeout(readCounts, COUNTS_MS);
}

store.subscribe((id, row, before) => {
    if (row?.status !== before?.status) countSoon();
});

// --- The opened task: in the fragment ----------------------------------------------------------

function openFromAddress() {
    const match = /^#task=(.+)$/.exec(location.hash);
    const id = match ? decodeURIComponent(match[1]) : null;
    document.body.classList.toggle("has-panel", id !== null);
    rows.select(id);
    if (id === null) panel.close();
    else panel.open(id);
}

function closePanel() {
    const id = panel.id;
    history.replaceState(null, "", location.pathname + location.search);
    openFromAddress();
    byId("rows").querySelector(`[data-id="${CSS.escape(id)}"] a`)?.focus();
}

addEventListener("hashchange", openFromAddress);
byId("panel-close").addEventListener("click", closePanel);
addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.id !== null) closePanel();
    const isTyping = event.target.closest("input, select, textarea");
    if (event.key === "/" && !isTyping) {
        event.preventDefault();
        byId("search").focus();
    }
});
byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !event.target.closest("a") && getSelection().isCollapsed) {
        location.hash = `task=${encodeURIComponent(row.dataset.id)}`;
    }
});

// --- The connection ------------------------------------------------------------------------------

wire.onState = (state) => {
    const [text, hint] = LINK_TEXT[state];
    const node = byId("link");
    node.className = `link is-${state}`;
    node.title = hint;
    setText(byId("link-text"), text);
    setText(byId("link-more"), state === "polling" ? "polling" : "");
    if (state === "live") setText(byId("problem"), "");
};
byId("link").addEventListener("click", () => wire.reconnect());
byId("more").addEventListener("click", () => list.loadMore());

async function readState(reason) {
    if (reason === "epoch" || reason === "ahead") list.clear();
    const cursor = await list.reload();
    countSoon();
    return cursor;
}

function startSystem(after) {
    wire.subscribe({
        topic: "system",
        catchup: "conflate",
        after,
        pollPath: (cursor, limit) => apiPath("events", { topic: "system", after: cursor, limit }),
        readState,
        onEvent: (event) => store.applyEvent(event),
        onDeleted: (ids, seq) => ids.forEach((id) => store.take(id, seq)),
        onTasks: (tasks) => tasks.forEach((task) => store.putRow(task)),
    });
}

async function start() {
    const query = new URLSearchParams(location.search);
    list.status = STATUSES.includes(query.get("status")) ? query.get("status") : "";
    list.search = (query.get("q") ?? "").toLowerCase();
    byId("search").value = list.search;
    byId("example-curl").textContent = byId("example-curl").textContent
        .replace("http://127.0.0.1:8080", location.origin);
    for (const example of document.querySelectorAll(".example")) {
        const code = example.querySelector("code");
        example.append(copyButton(() => code.textContent));
    }
    makeChips();
    markChips();
    wire.start();
    readCounts();
    let cursor = null;
    try {
        cursor = await list.reload();
    } catch (error) {
        setText(byId("problem"), `The list cannot be read: ${error.message}`);
    }
    startSystem(cursor);
    openFromAddress();
}

start();
