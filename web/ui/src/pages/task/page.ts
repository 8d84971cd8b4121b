// The page task.
import { html, type TemplateResult } from "lit";
import { Element } from "../../kit/element.ts";
import { t } from "../../words/words.ts";

export class TaskPage extends Element {
    protected override render(): TemplateResult {
        return html`<h1>${t("nav.tasks")}</h1>`;
    }
}
customElements.define("bw-task-page", TaskPage);
