// Drawing the list: one table row per task, changed in place.

import { el, setText, setTime } from "./dom.js";
import { formatAgo, formatEta, formatPercent } from "./format.js";

export function setBadge(badge, status) {
    const text = status ?? "unknown";
    if (badge.textContent === text) return;
    const isChange = badge.textContent !== "";
    badge.textContent = text;
    badge.className = `badge is-${text}`;
    if (isChange && badge.animate) {
        badge.animate([{ opacity: 0.3 }, { opacity: 1 }], { duration: 400, easing: "ease-out" });
    }
}

export class ProgressBar {
    #fill = el("span", { class: "bar-fill" });
    node = el("span", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 },
        this.#fill);
    #drawn = "";

    update(task) {
        const percent = Math.min(100, Math.max(0, task.progress ?? 0));
        const drawn = `${task.status} ${percent}`;
        if (drawn === this.#drawn) return;
        this.#drawn = drawn;
        this.node.className = `bar is-${task.status}`;
        this.node.setAttribute("aria-valuenow", Math.floor(percent));
        this.#fill.style.transform = `translateX(${percent - 100}%)`;
    }
}

const cell = (name, label, ...children) =>
    el("td", { class: `c-${name}`, "data-label": label }, ...children);

class Row {
    #title = el("a", { class: "title" });
    #message = el("span", { class: "message" });
    #badge = el("span");
    #bar = new ProgressBar();
    #percent = el("span", { class: "percent" });
    #eta = el("span");
    #type = el("span");
    #owner = el("span");
    #updated = el("time");
    #task = null;
    node = el("tr", {},
        cell("task", null, this.#title, this.#message),
        cell("status", null, this.#badge),
        cell("progress", null, el("span", { class: "progress" }, this.#bar.node, this.#percent)),
        cell("eta", "ETA", this.#eta),
        cell("type", "Type", this.#type),
        cell("owner", "Owner", this.#owner),
        cell("updated", "Updated", this.#updated));

    constructor(id) {
        this.node.dataset.id = id;
        this.#bar.node.setAttribute("aria-label", "Progress");
    }

    update(task) {
        this.#task = task;
        const title = task.title || task.id;
        setText(this.#title, title);
        this.#title.href = `#task=${encodeURIComponent(task.id)}`;
        this.#title.title = title === task.id ? "" : task.id;
        const problem = task.status === "failed" && task.error?.message;
        setText(this.#message, problem || task.message || task.step || "");
        this.#message.classList.toggle("is-error", Boolean(problem));
        setBadge(this.#badge, task.status);
        this.#bar.node.setAttribute("aria-label", `Progress of ${title}`);
        this.#bar.update(task);
        setText(this.#percent, formatPercent(task.progress));
        setText(this.#type, task.type ?? "");
        setText(this.#owner, task.owner ?? "");
        this.tick();
    }

    // What changes by time alone.
    tick() {
        setText(this.#eta, formatEta(this.#task));
        setTime(this.#updated, this.#task.updated_at ?? "", formatAgo(this.#task.updated_at));
    }
}

export class RowView {
    #body;
    #rows = new Map();
    #selected = null;

    constructor(body) {
        this.#body = body;
    }

    // Brings the table to exactly these tasks in this order, moving as little as possible.
    draw(tasks) {
        const wanted = new Set(tasks.map((task) => task.id));
        for (const [id, row] of this.#rows) {
            if (wanted.has(id)) continue;
            row.node.remove();
            this.#rows.delete(id);
        }
        let at = this.#body.firstElementChild;
        for (const task of tasks) {
            let row = this.#rows.get(task.id);
            if (!row) {
                row = new Row(task.id);
                this.#rows.set(task.id, row);
                row.node.classList.toggle("is-selected", task.id === this.#selected);
            }
            row.update(task);
            if (row.node === at) at = at.nextElementSibling;
            else this.#body.insertBefore(row.node, at);
        }
    }

    update(task) {
        this.#rows.get(task.id)?.update(task);
    }

    select(id) {
        this.#rows.get(this.#selected)?.node.classList.remove("is-selected");
        this.#selected = id;
        this.#rows.get(id)?.node.classList.add("is-selected");
    }

    tick() {
        for (const row of this.#rows.values()) row.tick();
    }
}
