// The tasks that deserve a look, in a list each.
import type { Task } from "bellwire";
import { html, nothing, type TemplateResult } from "lit";
import { formatAgo, formatElapsed, formatEta, formatPercent } from "../../kit/format.ts";
import { badge, bar, titleOf } from "../../kit/task-parts.ts";
import { t } from "../../words/words.ts";
import { longest, SHOWN, soonest } from "./choice.ts";

export function taskLink(task: Task): TemplateResult {
    return html`<a href="/tasks/${encodeURIComponent(task.id)}" title=${task.id}>${titleOf(task)}</a>`;
}

function runningRow(task: Task, says: string): TemplateResult {
    return html`<li><span class="bw-line-name">${taskLink(task)}</span><span class="bw-line-note">${says}</span>
        <div class="bw-line-bar">${bar(task)}<span>${formatPercent(task.progress)}</span></div></li>`;
}

function failedRow(task: Task): TemplateResult {
    const why = task.error?.message ?? task.message ?? "";
    return html`<li><span class="bw-line-name">${taskLink(task)}</span><span class="bw-line-note">${formatAgo(task.finished_at ?? task.updated_at)}</span>
        <div class="bw-line-why">${badge(task)}<span title=${why}>${why}</span></div></li>`;
}

function list(name: string, rows: readonly TemplateResult[], all: string): TemplateResult {
    return html`<section class="bw-card bw-look"><h2>${name}${rows.length ? html`<a href=${all}>${t("overview.all")}</a>` : nothing}</h2>
        ${rows.length ? html`<ul>${rows}</ul>` : html`<p class="bw-quiet">${t("overview.none")}</p>`}</section>`;
}

export function lists(running: readonly Task[], failed: readonly Task[]): TemplateResult {
    return html`
        ${list(t("overview.longest"), longest(running).map((task) => runningRow(task, formatElapsed(task))), "/tasks?status=running&sort=created_at")}
        ${list(t("overview.soonest"), soonest(running).map((task) => runningRow(task, t("overview.left", { time: formatEta(task) }))), "/tasks?status=running")}
        ${list(t("overview.failed"), failed.slice(0, SHOWN).map(failedRow), "/tasks?status=failed,timeout&sort=-updated_at")}`;
}
