// What was done to a task, in order, and how long each state lasted.
import type { Action, Status, Task } from "bellwire";
import { html, nothing, type TemplateResult } from "lit";
import { formatDuration, formatTime } from "../../kit/format.ts";
import { actionName } from "../../kit/task-parts.ts";
import { t } from "../../words/words.ts";
import type { Moment } from "./history.ts";

function nameOf({ event }: Moment): string {
    const { data, event_type } = event;
    const action = (data["action"] ?? data["command"]) as Action | undefined;
    if (event_type === "TASK_COMMAND_UNANSWERED" || event_type === "TASK_COMMAND_REFUSED") {
        return t(`event.${event_type}`, { action: action ? actionName(action) : "" });
    }
    if (event_type === "TASK_CREATED" || event_type === "TASK_DELETED") return t(`event.${event_type}`);
    if (event_type === "TASK_UPDATED" && action) return t("event.asked", { action: actionName(action) });
    const status = data["status"] as Status | undefined;
    return status ? t(`status.${status}`) : event_type;
}

export function timeline(moments: readonly Moment[], task: Task): TemplateResult {
    return html`<ol class="bw-timeline">${moments.map((moment, i) => {
        const next = moments[i + 1]?.at ?? (task.finished_at ? NaN : Date.now());
        const lasted = (next - moment.at) / 1000;
        const attempt = Number(moment.event.data["attempt"] ?? 1);
        const isNewAttempt = i > 0 && attempt > Number(moments[i - 1]!.event.data["attempt"] ?? 1);
        return html`<li data-status=${String(moment.event.data["status"] ?? "")}>
            <span class="bw-timeline-name">${nameOf(moment)}${isNewAttempt ? ` · ${t("event.attempt", { n: attempt })}` : ""}</span>
            <time class="bw-quiet" datetime=${moment.event.timestamp}>${formatTime(moment.event.timestamp)}</time>
            <span class="bw-quiet bw-timeline-lasted">${lasted >= 0.5 ? formatDuration(lasted) : nothing}</span>
            ${moment.event.message ? html`<p>${moment.event.message}</p>` : nothing}
        </li>`;
    })}</ol>`;
}
