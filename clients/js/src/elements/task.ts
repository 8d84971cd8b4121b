// <bellwire-task task-id="…">: one task as it goes. Says `bellwire-complete` or `bellwire-error`,
// with the task as its detail, when an attempt ends.
import type { Client } from "../index.ts";
import { isFinal, type Task } from "../types.ts";
import { BellwireElement } from "./base.ts";
import { TaskView } from "./task-view.ts";

export class BellwireTaskElement extends BellwireElement {
    static readonly observedAttributes = ["task-id", "url"];
    readonly #view = new TaskView(true);
    #task: Task | null | undefined;
    #told = "";

    constructor() {
        super();
        this.root.append(this.#view.node);
    }

    /** The task shown: undefined until it is known, null if there is none. */
    get task(): Task | null | undefined {
        return this.#task;
    }

    protected follow({ tasks }: Client): () => void {
        const id = this.#id;
        this.#task = tasks.get(id);
        if (id === "") return () => {};
        return tasks.watch(id, (task) => {
            this.#task = task;
            this.changed();
        });
    }

    protected draw(): void {
        const task = this.#task;
        this.#view.draw(this.#id, task);
        const end = task && isFinal(task.status) ? `${task.id} ${task.attempt}` : "";
        if (!task || end === "" || end === this.#told) return;
        this.#told = end;
        this.dispatchEvent(new CustomEvent(
            task.status === "completed" ? "bellwire-complete" : "bellwire-error",
            { detail: task, bubbles: true, composed: true }));
    }

    get #id(): string {
        return this.getAttribute("task-id") ?? "";
    }
}
