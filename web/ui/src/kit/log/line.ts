// One line of a log.
import type { BellwireEvent } from "bellwire";
import { html, nothing, type TemplateResult } from "lit";
import { ansiText } from "../ansi.ts";
import { levelOf } from "./filter.ts";

function clock(timestamp: string): string {
    const time = new Date(timestamp);
    return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

export function taskOf({ data }: BellwireEvent): string {
    return String(data["id"] ?? data["task_id"] ?? "");
}

/** Where this line is found again: among all lines of its log. */
export function linkTo(event: BellwireEvent, taskId: string | null): string {
    return `/logs?${new URLSearchParams({ ...(taskId === null ? {} : { task_id: taskId }), line: event.cursor })}`;
}

/** What a line consists of; without a taskId it says whose it is. */
export function logLine(event: BellwireEvent, taskId: string | null): TemplateResult {
    const task = taskOf(event);
    return html`<a class="bw-log-time" href=${linkTo(event, taskId)}><time datetime=${event.timestamp}>${clock(event.timestamp)}</time></a>${
        taskId === null ? html`<a class="bw-log-task" href="/tasks/${encodeURIComponent(task)}" title=${task}>${task}</a>` : nothing
    }<span class="bw-log-text" data-level=${levelOf(event)}>${ansiText(event.message)}</span>`;
}
