// One task: how it stands, what was done to it, how it came there, and what it says.
import { isFinal, type Action, type Task } from "bellwire";
import { html, nothing, type TemplateResult } from "lit";
import back from "bootstrap-icons/icons/chevron-left.svg?raw";
import { askAgain } from "../../kit/again.ts";
import { isSureOf } from "../../kit/confirm.ts";
import { copyButton } from "../../kit/copy.ts";
import { Element } from "../../kit/element.ts";
import {
    formatAgo, formatElapsed, formatEta, formatPercent, formatRate, formatTime, formatUnits,
} from "../../kit/format.ts";
import { actionMeaning, actionName, actionsFor, badge, bar, titleOf } from "../../kit/task-parts.ts";
import { icon } from "../../kit/icon.ts";
import { toastError } from "../../kit/toast.ts";
import { type Key, t } from "../../words/words.ts";
import { canCommand, client } from "../../wire.ts";
import "../../kit/log/view.ts";
import { ALL_LINES, type LogFilter } from "../../kit/log/filter.ts";
import "./chart.ts";
import { History } from "./history.ts";
import { jsonBlock } from "./json.ts";
import "./style.scss";
import { timeline } from "./timeline.ts";

const TICK_MS = 1000;

const FIELDS: readonly [Key, (task: Task) => string | null][] = [
    ["field.eta", formatEta],
    ["field.rate", formatRate],
    ["field.elapsed", formatElapsed],
    ["field.units", formatUnits],
    ["field.current", (task) => task.current],
    ["field.type", (task) => task.type],
    ["field.owner", (task) => task.owner],
    ["field.resource", (task) => task.resource],
    ["field.queue", (task) => task.queue],
    ["field.worker", (task) => task.worker],
    ["field.attempt", (task) => String(task.attempt)],
    ["field.created", (task) => formatTime(task.created_at)],
    ["field.started", (task) => formatTime(task.started_at)],
    ["field.finished", (task) => formatTime(task.finished_at)],
];
/** A click on these leads to the tasks that have the same. */
const FILTERS: Partial<Record<Key, string>> = {
    "field.type": "type", "field.owner": "owner", "field.resource": "resource", "field.queue": "queue",
};

export class TaskPage extends Element {
    static override properties = { id: {} };
    declare id: string;
    #shown: string | null = null;
    /** undefined: not known yet; null: there is none. */
    #task: Task | null | undefined;
    #isDeleted = false;
    #logFilter: LogFilter = ALL_LINES;
    #history = new History(() => this.requestUpdate());
    #unwatch = (): void => {};
    #timer: ReturnType<typeof setInterval> | undefined;

    override connectedCallback(): void {
        super.connectedCallback();
        this.#timer = setInterval(() => this.requestUpdate(), TICK_MS);
        this.whileConnected(client.onState(() => this.requestUpdate()));
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        clearInterval(this.#timer);
        this.#leave();
    }

    #leave(): void {
        this.#unwatch();
        this.#history.close();
        this.#shown = null;
    }

    protected override willUpdate(): void {
        if (this.id === this.#shown) return;
        this.#leave();
        this.#shown = this.id;
        this.#logFilter = { ...ALL_LINES, taskId: this.id };
        this.#task = undefined;
        this.#isDeleted = false;
        this.#unwatch = client.tasks.watch(this.id, (row) => this.#follow(row));
        this.#history.open(this.id);
        void this.#readWhole();
    }

    /** Rows do not carry the documents: those are read when it is opened, and when an attempt has ended. */
    #follow(row: Task | null): void {
        const before = this.#task;
        if (row) this.#isDeleted = false;
        else if (before) this.#isDeleted = true;
        else this.#task = null;
        const begunAnew = row && before && row.attempt > before.attempt ? { result: null } : {};
        if (row) this.#task = { ...before, ...begunAnew, ...row, error: row.error && { trace: before?.error?.trace ?? null, ...row.error } };
        if (row && before && isFinal(row.status) && !isFinal(before.status)) void this.#readWhole();
        this.requestUpdate();
    }

    async #readWhole(): Promise<void> {
        const { id } = this;
        try {
            const whole = await client.task(id).get();
            if (id !== this.#shown) return;
            const isNewer = !this.#task || whole.seq >= this.#task.seq;
            this.#task = isNewer ? whole : { ...whole, ...this.#task };
        } catch (error) {
            if (id !== this.#shown) return;
            if (askAgain(error, () => id === this.#shown && void this.#readWhole()) || this.#task) return;
            if ((error as { status?: number }).status === 404) this.#task = null;
            else toastError(error);
        }
        this.requestUpdate();
    }

    async #ask(action: Action): Promise<void> {
        if (!this.#task || !(await isSureOf(action, this.#task))) return;
        await client.task(this.id)[action]().catch(toastError);
    }

    protected override render(): TemplateResult {
        const task = this.#task;
        document.title = `${task ? titleOf(task) : this.id} · Bellwire`;
        return html`<a class="bw-back" href="/tasks">${icon(back)} ${t("task.back")}</a>
            ${task ? this.#renderTask(task) : task === null
                ? html`<div class="bw-empty"><p>${t("task.none", { id: this.id })}</p></div>`
                : html`<div class="bw-empty" aria-busy="true">…</div>`}`;
    }

    #renderTask(task: Task): TemplateResult {
        return html`
            ${this.#isDeleted ? html`<p class="bw-note" role="alert">${t("task.deleted")}</p>` : nothing}
            <header class="bw-task-head">
                <div class="bw-task-name">
                    <h1>${titleOf(task)}</h1>
                    <p class="bw-quiet">${badge(task)} <code>${task.id}</code>${copyButton(() => task.id)}
                        <span>${t("task.updated", { ago: formatAgo(task.updated_at) })}</span></p>
                </div>
                ${this.#isDeleted ? nothing : this.#renderActions(task)}
            </header>
            <div class="bw-task-progress">${bar(task)}<strong>${formatPercent(task.progress)}</strong></div>
            <p class="bw-task-says">${[task.step, task.message].filter(Boolean).join(" · ")}</p>
            ${this.#renderError(task)}
            <div class="bw-task-columns">
                <section class="bw-card"><h2>${t("task.details")}</h2>${this.#renderFields(task)}</section>
                <section class="bw-card"><h2>${t("task.timeline")}</h2>${timeline(this.#history.moments, task)}</section>
                <section class="bw-card bw-wide"><h2>${t("task.progress")}</h2>
                    <bw-progress-chart .points=${this.#history.progress.points}></bw-progress-chart>
                    ${this.#history.isCut ? html`<p class="bw-quiet">${t("task.cut", { n: this.#history.n })}</p>` : nothing}</section>
            </div>
            ${this.#renderDocuments(task)}
            <section class="bw-card"><h2>${t("task.log")}</h2><bw-log-view .filter=${this.#logFilter}></bw-log-view></section>`;
    }

    #renderActions(task: Task): TemplateResult {
        const can = canCommand();
        return html`<div class="bw-task-actions" title=${can ? nothing : t("action.offline")}>
            ${actionsFor(task).map((action) => html`<button type="button" ?disabled=${!can}
                class="btn ${action === "cancel" ? "btn-outline-danger" : "btn-outline-secondary"}"
                data-action=${action} title=${can ? actionMeaning(action) : nothing} @click=${() => void this.#ask(action)}>${actionName(action)}</button>`)}</div>`;
    }

    #renderError({ error }: Task): TemplateResult | typeof nothing {
        if (!error) return nothing;
        return html`<section class="bw-error"><h2>${error.type ?? t("task.error")}</h2><p>${error.message}</p>
            ${error.trace ? html`<details><summary>${t("task.trace")}</summary><pre>${error.trace}</pre></details>` : nothing}</section>`;
    }

    #renderFields(task: Task): TemplateResult {
        const shown = FIELDS.map(([key, read]) => [key, read(task)] as const).filter(([, value]) => value);
        return html`<dl class="bw-fields">${shown.map(([key, value]) => html`<div><dt>${t(key)}</dt><dd>${
            FILTERS[key] ? html`<a href="/tasks?${new URLSearchParams({ [FILTERS[key]]: value! })}">${value}</a>` : value}</dd></div>`)}</dl>`;
    }

    #renderDocuments(task: Task): TemplateResult | typeof nothing {
        const shown = (["params", "result", "metadata"] as const).filter((name) => task[name] !== null && task[name] !== undefined);
        if (shown.length === 0) return nothing;
        return html`<div class="bw-task-columns">${shown.map((name) => html`
            <section class="bw-card"><h2>${t(`task.${name}`)}</h2>${jsonBlock(task[name])}</section>`)}</div>`;
    }
}
customElements.define("bw-task-page", TaskPage);

