// <bellwire-task-list status="running,pending" owner="…" limit="20">: the tasks that match, newest
// first, as they go. Attributes are those of a query.
import type { Client } from "../index.ts";
import type { TaskList } from "../list.ts";
import type { TaskQuery } from "../types.ts";
import { splitValues } from "../values.ts";
import { BellwireElement, make, setText } from "./base.ts";
import { TaskView } from "./task-view.ts";

const LISTS = ["status", "type", "owner", "resource", "queue"] as const;
const LIMIT_MAX = 1_000;

export class BellwireTaskListElement extends BellwireElement {
    static readonly observedAttributes = [...LISTS, "q", "sort", "limit", "url"];
    readonly #items = make("ul", "list");
    readonly #note = make("p", "quiet note", { role: "status" });
    readonly #rows = new Map<string, { item: HTMLElement; view: TaskView }>();
    #list: TaskList | null = null;

    constructor() {
        super();
        this.root.append(this.#items, this.#note);
    }

    protected follow({ tasks }: Client): () => void {
        const list = tasks.list(this.#query());
        this.#list = list;
        list.onChange(() => this.changed());
        return () => list.close();
    }

    protected draw(): void {
        const { items = [], isLoaded = false, error = null } = this.#list ?? {};
        const left = new Set(this.#rows.keys());
        let before: Element | null = null;
        for (const task of items) {
            const row = this.#rows.get(task.id) ?? this.#add(task.id);
            row.view.draw(task.id, task);
            left.delete(task.id);
            // Only what moved is moved, so that nothing loses its place or focus.
            const next: Element | null = before ? before.nextElementSibling : this.#items.firstElementChild;
            if (next !== row.item) this.#items.insertBefore(row.item, next);
            before = row.item;
        }
        for (const id of left) {
            this.#rows.get(id)?.item.remove();
            this.#rows.delete(id);
        }
        setText(this.#note, error instanceof Error ? error.message
            : isLoaded && items.length === 0 ? this.getAttribute("empty") ?? "No tasks" : "");
        this.#note.hidden = this.#note.textContent === "";
    }

    #add(id: string): { item: HTMLElement; view: TaskView } {
        const row = { item: make("li", "item"), view: new TaskView(false) };
        row.item.append(row.view.node);
        this.#rows.set(id, row);
        return row;
    }

    #query(): TaskQuery {
        const limit = Number(this.getAttribute("limit") ?? NaN);
        const query: Record<string, unknown> = {
            q: this.getAttribute("q") ?? undefined,
            sort: this.getAttribute("sort") ?? undefined,
            limit: limit > 0 ? Math.min(limit, LIMIT_MAX) : undefined,
        };
        for (const name of LISTS) {
            const value = this.getAttribute(name);
            if (value) query[name] = splitValues(value).map((one) => one.trim());
        }
        return query as TaskQuery;
    }
}
