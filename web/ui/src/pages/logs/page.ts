// The page logs.
import { html, type TemplateResult } from "lit";
import { Element } from "../../kit/element.ts";
import { t } from "../../words/words.ts";

export class LogsPage extends Element {
    protected override render(): TemplateResult {
        return html`<h1>${t("nav.logs")}</h1>`;
    }
}
customElements.define("bw-logs-page", LogsPage);
