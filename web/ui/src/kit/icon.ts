// Bootstrap's icons, each imported as the text of its SVG: `import pause from "bootstrap-icons/icons/pause.svg?raw"`.
import { html, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";

const inner = /<svg[^>]*>([\s\S]*)<\/svg>/;

/** An icon beside text, of that text's height; it says nothing to who does not see it. */
export function icon(svg: string): TemplateResult {
    return html`<svg class="icon" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">${unsafeSVG(inner.exec(svg)?.[1] ?? "")}</svg>`;
}
