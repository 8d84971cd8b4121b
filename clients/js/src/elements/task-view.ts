// A task drawn: title, status, bar, what is left. Its nodes are made once and then changed.
import { isFinal, type Task } from "../types.ts";
import { percentOf, remainingOf, titleOf } from "../words.ts";
import { make, setText } from "./base.ts";

export class TaskView {
    readonly node = make("div", "task");
    readonly #title = make("span", "title");
    readonly #status: HTMLElement;
    readonly #bar = make("div", "bar", { role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" });
    readonly #fill = make("div", "fill");
    readonly #message = make("span", "quiet message");
    readonly #rest = make("span", "quiet rest");

    /** `isLive`: whoever hears the page is told when the status changes. */
    constructor(isLive: boolean) {
        this.#status = make("span", "status", isLive ? { role: "status" } : {});
        this.#bar.append(this.#fill);
        this.node.append(this.#title, this.#status, this.#bar, this.#message, this.#rest);
    }

    draw(id: string, task: Task | null | undefined): void {
        this.node.className = `task ${task?.status ?? "unknown"}`;
        setText(this.#title, titleOf(task, id));
        setText(this.#status, task?.status ?? (task === null ? "no such task" : "…"));
        setText(this.#message, task?.error?.message ?? task?.message ?? "");
        setText(this.#rest, [percentOf(task), remainingOf(task)].filter(Boolean).join(" · "));
        this.#fill.style.width = `${task?.progress ?? 0}%`;
        this.#bar.setAttribute("aria-label", titleOf(task, id));
        // Running without progress yet is progress that is not known.
        if (task && (task.progress > 0 || isFinal(task.status))) {
            this.#bar.setAttribute("aria-valuenow", String(Math.floor(task.progress)));
        } else {
            this.#bar.removeAttribute("aria-valuenow");
        }
    }
}
