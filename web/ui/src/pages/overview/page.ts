// The page overview.
import { html, type TemplateResult } from "lit";
import { Element } from "../../kit/element.ts";
import { t } from "../../words/words.ts";

export class OverviewPage extends Element {
    protected override render(): TemplateResult {
        return html`<h1>${t("nav.overview")}</h1>`;
    }
}
customElements.define("bw-overview-page", OverviewPage);
