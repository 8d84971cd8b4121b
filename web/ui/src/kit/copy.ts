// A button that copies a text.
import { html, type TemplateResult } from "lit";
import clipboard from "bootstrap-icons/icons/clipboard.svg?raw";
import { t } from "../words/words.ts";
import { icon } from "./icon.ts";
import { toast, toastError } from "./toast.ts";

export function copyButton(text: () => string): TemplateResult {
    const copy = (): void => {
        navigator.clipboard.writeText(text()).then(() => toast(t("copy.done")), toastError);
    };
    return html`<button type="button" class="btn btn-icon btn-sm" title=${t("copy.copy")} aria-label=${t("copy.copy")} @click=${copy}>${icon(clipboard)}</button>`;
}
