// Terminal output as HTML: colours and weights become classes, every other escape sequence is left out.
import { AnsiUp } from "ansi_up";
import { html, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";

const ansi = new AnsiUp();
ansi.use_classes = true; // style attributes are refused by our Content-Security-Policy …
ansi.boldStyle = "ansi-bold"; // … so what it would put there are names of classes, too …
ansi.faintStyle = "ansi-faint";
ansi.italicStyle = "ansi-italic";
ansi.underlineStyle = "ansi-underline";
ansi.url_allowlist = {};
const SPAN = /<span(?: style="([^"]*)")?(?: class="([^"]*)")?>/g; // … and colours beyond the sixteen are left out
const OTHER = /\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-ln-~])|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

/** As HTML text; whatever was HTML in it is escaped. Each line begins without colours. */
export function ansiHtml(line: string): string {
    return ansi.ansi_to_html(`${line.replace(OTHER, "")}\x1b[0m`).replace(SPAN, (_, styles = "", classes = "") => {
        const names = (styles as string).split(";").filter((style) => style.startsWith("ansi-"));
        return `<span class="${[...names, ...(classes ? [classes] : [])].join(" ")}">`;
    });
}

export function ansiText(line: string): TemplateResult {
    return html`${unsafeHTML(ansiHtml(line))}`;
}

/** Without any of it. */
export function plainText(line: string): string {
    return line.replace(/\x1b\[[0-9;:]*m/g, "").replace(OTHER, "");
}
