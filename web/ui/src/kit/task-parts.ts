// How a task looks wherever it is shown: its badge, its bar, what it is called.
import type { Action, Task } from "bellwire";
import { html, type PropertyValues, type TemplateResult } from "lit";
import { t } from "../words/words.ts";
import { css } from "./css.ts";
import { Element } from "./element.ts";
import { formatPercent } from "./format.ts";

export function titleOf(task: Task): string {
    return task.title || task.id;
}

const PULSE_MS = 500;

/** The status; beats once when it changes. A command that is not answered yet is said instead. */
export class StatusBadge extends Element {
    static override properties = { task: { attribute: false } };
    declare task: Task;
    #status: string | null = null;

    protected override updated(_changed: PropertyValues): void {
        if (this.#status !== null && this.#status !== this.task.status) {
            this.firstElementChild?.animate(
                [{ transform: "scale(1.18)", filter: "brightness(1.3)" }, { transform: "none", filter: "none" }],
                { duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : PULSE_MS, easing: "ease-out" },
            );
        }
        this.#status = this.task.status;
    }

    protected override render(): TemplateResult {
        const { status, command } = this.task;
        return html`<span class="bw-badge" data-status=${status}><i></i>${command ? t(`asked.${command}`) : t(`status.${status}`)}</span>`;
    }
}
customElements.define("bw-badge", StatusBadge);

export function badge(task: Task): TemplateResult {
    return html`<bw-badge .task=${task}></bw-badge>`;
}

/** Which of the three colours progress has. */
export function fillOf(task: Task): "low" | "high" | "done" {
    return task.progress >= 100 ? "done" : task.progress >= 50 ? "high" : "low";
}

export function bar(task: Task): TemplateResult {
    return html`<div class="bw-bar" role="progressbar" aria-label=${titleOf(task)} aria-valuemin="0" aria-valuemax="100"
        aria-valuenow=${Math.floor(task.progress)} aria-valuetext=${formatPercent(task.progress)}
        data-fill=${fillOf(task)} data-status=${task.status}><i ${css({ width: `${task.progress}%` })}></i></div>`;
}

const POSSIBLE: Readonly<Record<Action, readonly string[]>> = {
    start: ["pending"],
    pause: ["pending", "running"],
    resume: ["paused"],
    stop: ["pending", "running", "paused"],
    cancel: ["pending", "running", "paused"],
    retry: ["running", "paused", "completed", "failed", "cancelled", "timeout"],
};

/** What may be asked of a task as it is. The server decides; this is what is offered. */
export function actionsFor(task: Task): readonly Action[] {
    return (Object.keys(POSSIBLE) as Action[]).filter((action) => POSSIBLE[action].includes(task.status));
}

/** What can be done to a task from these pages. */
export type AnyAction = Action | "delete";

export const actionName = (action: AnyAction): string => t(action === "delete" ? "tasks.delete" : `action.${action}`);

/** What it means for the task, where its name does not say. */
export const actionMeaning = (action: AnyAction): string => action === "delete" ? "" : t(`action.${action}.what`);
