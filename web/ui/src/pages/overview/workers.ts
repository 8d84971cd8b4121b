// Who works, and on what.
import type { Task } from "bellwire";
import { html, nothing, type TemplateResult } from "lit";
import { formatAgo, formatNumber, formatPercent } from "../../kit/format.ts";
import { bar } from "../../kit/task-parts.ts";
import { t } from "../../words/words.ts";
import { client } from "../../wire.ts";
import { taskLink } from "./lists.ts";
import type { Worker, Workers } from "./readings.ts";

const TASKS_SHOWN = 3;
const WORKERS_SHOWN = 12;

/** The newer of what was read and what came live; none that has ended meanwhile. */
function current(task: Task): Task {
    const live = client.tasks.get(task.id);
    return live && live.seq > task.seq ? live : task;
}

function one(worker: Worker, tasks: ReadonlyMap<string, Task>): TemplateResult {
    const shown = worker.tasks.map((id) => tasks.get(id)).filter((task) => task !== undefined).map(current).slice(0, TASKS_SHOWN);
    const others = worker.running + worker.paused - shown.length;
    return html`<li class="bw-worker" data-alive=${String(worker.alive)}>
        <header><i></i><strong title=${worker.name}>${worker.name}</strong>
            <span class="bw-quiet">${worker.alive ? formatAgo(worker.heard_at) : t("overview.silent", { ago: formatAgo(worker.heard_at) })}</span></header>
        ${shown.length === 0 ? html`<p class="bw-quiet">${t("overview.idle")}</p>` : html`<ul>${shown.map((task) => html`
            <li><span class="bw-line-name">${taskLink(task)}</span><div class="bw-line-bar">${bar(task)}<span>${formatPercent(task.progress)}</span></div></li>`)}</ul>`}
        ${others > 0 && shown.length > 0 ? html`<p class="bw-quiet">${t("overview.others", { n: formatNumber(others) })}</p>` : nothing}
    </li>`;
}

export function workersCard(read: Workers | null): TemplateResult {
    const tasks = new Map((read?.tasks ?? []).map((task) => [task.id, task]));
    const busy = (worker: Worker): number => Number(worker.alive) * 2 + Number(worker.running > 0);
    const sorted = [...(read?.workers ?? [])].sort((a, b) => busy(b) - busy(a));
    const hidden = sorted.length - WORKERS_SHOWN;
    return html`<section class="bw-card bw-workers"><h2>${t("overview.workers")}
            ${sorted.length ? html`<small class="bw-quiet">${t("overview.alive", { n: sorted.filter((w) => w.alive).length, all: sorted.length })}</small>` : nothing}</h2>
        ${sorted.length ? html`<ul class="bw-worker-grid">${sorted.slice(0, WORKERS_SHOWN).map((worker) => one(worker, tasks))}</ul>`
            : html`<p class="bw-quiet">${t("overview.workers.none")}</p>`}
        ${hidden > 0 || read?.more ? html`<p class="bw-quiet">${read?.more ? t("overview.workers.more") : t("overview.others", { n: formatNumber(hidden) })}</p>` : nothing}</section>`;
}
