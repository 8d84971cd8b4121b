// One task, opened: its fields, its documents and its log.

import { apiPath, getJson, taskPath } from "./api.js";
import { byId, copyButton, el, setText, setTime } from "./dom.js";
import { formatAgo, formatDuration, formatEta, formatNumber, formatPercent, isFinal, serverNow }
    from "./format.js";
import { LogView } from "./log.js";
import { ProgressBar, setBadge } from "./rows.js";

const DOCUMENTS = ["params", "result", "metadata"];

function unitsOf(task) {
    if (task.total_units) {
        return `${formatNumber(task.completed_units ?? 0)} of ${formatNumber(task.total_units)}`;
    }
    return task.completed_units ? formatNumber(task.completed_units) : "";
}

function speedOf(task) {
    if (!task.rate || isFinal(task.status)) return "";
    return task.total_units || task.completed_units
        ? `${formatNumber(task.rate)} per s`
        : `${formatNumber(task.rate)} % per s`;
}

function durationOf(task) {
    if (!task.started_at) return "";
    const end = task.finished_at ? Date.parse(task.finished_at) : serverNow();
    return formatDuration((end - Date.parse(task.started_at)) / 1000);
}

function when(iso) {
    if (!iso) return "";
    const date = new Date(iso);
    const isThisYear = date.getFullYear() === new Date().getFullYear();
    return date.toLocaleString(undefined, {
        year: isThisYear ? undefined : "numeric", month: "short", day: "numeric",
        hour: "numeric", minute: "2-digit", second: "2-digit",
    });
}

const FIELDS = [
    ["ETA", formatEta],
    ["Speed", speedOf],
    ["Duration", durationOf],
    ["Units", unitsOf],
    ["Current", (task) => task.current],
    ["Type", (task) => task.type],
    ["Owner", (task) => task.owner],
    ["Resource", (task) => task.resource],
    ["Queue", (task) => task.queue],
    ["Worker", (task) => task.worker],
    ["Attempt", (task) => (task.attempt > 1 ? String(task.attempt) : "")],
    ["Created", (task) => when(task.created_at)],
    ["Started", (task) => when(task.started_at)],
    ["Finished", (task) => when(task.finished_at)],
];

export class TaskPanel {
    #store;
    #wire;
    #id = null;
    #task = null;
    #load = null;
    #problem = null; // the error as drawn
    #log = null;
    #logSubscription = null;
    #badge = el("span");
    #bar = new ProgressBar();
    #fields = new Map();
    #node = byId("panel");

    constructor(store, wire) {
        this.#store = store;
        this.#wire = wire;
        byId("panel-badge").replaceWith(this.#badge);
        byId("panel-bar").replaceWith(this.#bar.node);
        this.#bar.node.setAttribute("aria-label", "Progress");
        byId("panel-id").after(copyButton(() => this.#id));
        for (const [label] of FIELDS) {
            const value = el("dd");
            const pair = el("div", {}, el("dt", {}, label), value);
            this.#fields.set(label, { pair, value });
            byId("panel-fields").append(pair);
        }
        byId("log-level").addEventListener("change", (event) =>
            this.#log?.setLevel(event.target.value));
        store.subscribe((id, row, before) => this.#follow(id, row, before));
        setInterval(() => this.#draw(), 1000);
    }

    get id() {
        return this.#id;
    }

    open(id) {
        if (id === this.#id) return;
        this.close();
        this.#id = id;
        this.#task = this.#store.get(id);
        this.#node.hidden = false;
        this.#say("");
        byId("panel-documents").replaceChildren();
        this.#readTask();
        this.#openLog();
        this.#draw();
        byId("panel-title").focus({ preventScroll: true });
    }

    close() {
        if (this.#id === null) return;
        this.#id = null;
        this.#task = null;
        this.#load?.abort();
        this.#log?.close();
        this.#wire.unsubscribe(this.#logSubscription);
        this.#node.hidden = true;
    }

    // The whole task, with the documents that rows do not carry.
    async #readTask() {
        this.#load?.abort();
        const load = new AbortController();
        this.#load = load;
        try {
            const { data } = await getJson(apiPath(taskPath(this.#id)), load.signal);
            this.#store.putRow(data);
            // The row may have gone on since; the documents are only here.
            const row = this.#store.get(data.id);
            this.#task = row && row.seq > data.seq ? { ...data, ...row } : data;
            this.#drawDocuments();
            this.#draw();
        } catch (error) {
            if (load.signal.aborted) return;
            this.#say(error.status === 404 ? "There is no such task." : error.message);
        }
    }

    #openLog() {
        const log = new LogView(this.#id, byId("log"));
        this.#log = log;
        log.setLevel(byId("log-level").value);
        this.#logSubscription = this.#wire.subscribe({
            topic: "logs",
            filter: { task_id: this.#id },
            pollPath: (cursor, limit) => log.pollPath(cursor, limit),
            readState: () => log.read(),
            onEvent: (event) => log.add(event),
        });
    }

    #follow(id, row, before) {
        if (id !== this.#id) return;
        if (row === null) {
            this.#say("This task was deleted.");
            return;
        }
        const hasEnded = isFinal(row.status) && !isFinal(before?.status);
        this.#task = { ...this.#task, ...row };
        this.#draw();
        if (hasEnded && this.#load !== null) this.#readTask();
    }

    #say(text) {
        byId("panel-note").hidden = text === "";
        setText(byId("panel-note"), text);
    }

    #draw() {
        const task = this.#task;
        if (this.#id === null) return;
        setText(byId("panel-title"), task?.title || this.#id);
        setText(byId("panel-id"), this.#id);
        if (!task) return;
        setBadge(this.#badge, task.status);
        this.#bar.update(task);
        setText(byId("panel-percent"), formatPercent(task.progress));
        setText(byId("panel-message"), [task.step, task.message].filter(Boolean).join(" · "));
        setTime(byId("panel-updated"), task.updated_at ?? "",
            task.updated_at ? `updated ${formatAgo(task.updated_at)}` : "");
        for (const [label, read] of FIELDS) {
            const { pair, value } = this.#fields.get(label);
            const text = read(task) ?? "";
            pair.hidden = text === "";
            setText(value, text);
        }
        this.#drawProblem(task.error);
    }

    #drawProblem(error) {
        const key = JSON.stringify(error ?? null);
        if (key === this.#problem) return;
        this.#problem = key;
        const node = byId("panel-problem");
        node.hidden = !error;
        if (!error) return;
        node.replaceChildren(
            el("p", {}, el("strong", {}, error.type ?? "Failed"), " ", error.message ?? ""));
        if (error.trace) {
            node.append(el("details", {}, el("summary", {}, "Trace"),
                el("pre", {}, String(error.trace))));
        }
    }

    #drawDocuments() {
        const nodes = DOCUMENTS.filter((name) => {
            const document_ = this.#task[name];
            return document_ !== null && document_ !== undefined;
        }).map((name) => el("details", {}, el("summary", {}, name),
            el("pre", {}, JSON.stringify(this.#task[name], null, 2))));
        byId("panel-documents").replaceChildren(...nodes);
    }
}
