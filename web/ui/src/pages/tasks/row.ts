// One row of the list. It draws itself again when its task changes, and no other row with it.
import { html, type PropertyValues, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { Task } from "bellwire";
import dots from "bootstrap-icons/icons/three-dots.svg?raw";

import { Element } from "../../kit/element.ts";
import { icon } from "../../kit/icon.ts";
import { titleOf } from "../../kit/task-parts.ts";
import { t } from "../../words/words.ts";
import { type Column, TITLE } from "./columns.ts";

export class TaskRow extends Element {
    static override properties = {
        task: { attribute: false }, columns: { attribute: false },
        isSelected: { attribute: false }, isCurrent: { attribute: false },
    };
    declare task: Task;
    declare columns: readonly Column[];
    declare isSelected: boolean;
    declare isCurrent: boolean;

    override connectedCallback(): void {
        super.connectedCallback();
        this.setAttribute("role", "row");
    }

    protected override updated(_changed: PropertyValues): void {
        this.dataset["id"] = this.task.id;
        this.dataset["status"] = this.task.status;
        this.setAttribute("aria-selected", String(this.isSelected));
        this.classList.toggle("is-current", this.isCurrent);
    }

    protected override render(): TemplateResult {
        const { task } = this;
        return html`
            <span role="gridcell" class="cell-select"><input type="checkbox" class="form-check-input" tabindex="-1"
                aria-label=${t("tasks.select", { title: titleOf(task) })} .checked=${live(this.isSelected)}></span>
            <span role="gridcell" class="cell-task">${TITLE.draw(task)}</span>
            ${this.columns.map(({ name, isNumber, draw }) => html`
                <span role="gridcell" class="cell-${name} ${isNumber ? "is-number" : ""}">${draw(task)}</span>`)}
            <span role="gridcell" class="cell-menu"><button type="button" class="btn btn-icon" tabindex="-1"
                aria-haspopup="menu" aria-label=${t("tasks.menu", { title: titleOf(task) })}>${icon(dots)}</button></span>`;
    }
}
customElements.define("bw-task-row", TaskRow);
