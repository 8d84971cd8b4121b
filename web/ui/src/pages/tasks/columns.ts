// The list's columns: what each says of a task, how wide it is, and which are shown.
import { html, nothing, type TemplateResult } from "lit";
import type { Task } from "bellwire";

import {
    formatAgo, formatElapsed, formatEta, formatPercent, formatRate, formatTime,
} from "../../kit/format.ts";
import { badge, bar, titleOf } from "../../kit/task-parts.ts";
import type { Key } from "../../words/words.ts";

type Content = TemplateResult | string | typeof nothing;

export interface Column {
    readonly name: string;
    readonly label: Key;
    /** In rem. */
    readonly width: number;
    /** By which the server can sort. */
    readonly sort?: "created_at" | "updated_at";
    /** Shown unless somebody chose otherwise. */
    readonly isUsual?: true;
    /** Right-aligned. */
    readonly isNumber?: true;
    readonly draw: (task: Task) => Content;
}

const KEPT = "bellwire.columns";
const time = (iso: string | null, text: string): Content =>
    iso ? html`<time datetime=${iso} title=${formatTime(iso)}>${text}</time>` : nothing;

/** What it says at the moment, or why it failed. */
function subline(task: Task): string {
    const error = task.status === "failed" || task.status === "timeout" ? task.error : null;
    const says = error ? [error.type, error.message] : [task.step, task.message];
    return says.filter(Boolean).join(" · ") || (task.title ? task.id : "");
}

export const TITLE: Column = {
    name: "task", label: "tasks.task", width: 16,
    draw: (task) => html`<a href="/tasks/${encodeURIComponent(task.id)}" title=${titleOf(task)} tabindex="-1">${titleOf(task)}</a>
        <small class=${task.error && task.status === "failed" ? "is-error" : ""}>${subline(task)}</small>`,
};

export const COLUMNS: readonly Column[] = [
    { name: "status", label: "tasks.status", width: 8, isUsual: true, draw: badge },
    { name: "progress", label: "tasks.progress", width: 10, isUsual: true,
        draw: (task) => html`${bar(task)}<span class="percent">${formatPercent(task.progress)}</span>` },
    { name: "rate", label: "field.rate", width: 7, isUsual: true, isNumber: true, draw: formatRate },
    { name: "eta", label: "field.eta", width: 7, isUsual: true, isNumber: true, draw: (task) => formatEta(task) },
    { name: "elapsed", label: "field.elapsed", width: 7, isNumber: true, draw: (task) => formatElapsed(task) },
    { name: "attempt", label: "field.attempt", width: 5.5, isUsual: true, isNumber: true,
        draw: ({ attempt }) => attempt > 1 ? html`<b class="bw-attempt">${attempt}</b>` : String(attempt) },
    { name: "worker", label: "field.worker", width: 8.5, isUsual: true, draw: ({ worker }) => worker ?? nothing },
    { name: "owner", label: "field.owner", width: 6, isUsual: true, draw: ({ owner }) => owner ?? nothing },
    { name: "type", label: "field.type", width: 7, draw: ({ type }) => type ?? nothing },
    { name: "queue", label: "field.queue", width: 7, draw: ({ queue }) => queue ?? nothing },
    { name: "resource", label: "field.resource", width: 9, draw: ({ resource }) => resource ?? nothing },
    { name: "created", label: "field.created", width: 7, sort: "created_at", isUsual: true, isNumber: true,
        draw: ({ created_at }) => time(created_at, formatAgo(created_at)) },
    { name: "updated", label: "field.updated", width: 7.5, sort: "updated_at", isNumber: true,
        draw: ({ updated_at }) => time(updated_at, formatAgo(updated_at)) },
    { name: "started", label: "field.started", width: 8.5, isNumber: true,
        draw: ({ started_at }) => time(started_at, formatTime(started_at)) },
    { name: "finished", label: "field.finished", width: 8.5, isNumber: true,
        draw: ({ finished_at }) => time(finished_at, formatTime(finished_at)) },
];

export function loadColumns(): readonly Column[] {
    const kept = localStorage.getItem(KEPT)?.split(",");
    return COLUMNS.filter(({ name, isUsual }) => kept ? kept.includes(name) : isUsual);
}

export function keepColumns(columns: readonly Column[]): void {
    localStorage.setItem(KEPT, columns.map(({ name }) => name).join(","));
}
