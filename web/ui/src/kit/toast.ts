// Short notices in a corner: what just happened, or why something did not.
import { html, render } from "lit";
import x from "bootstrap-icons/icons/x-lg.svg?raw";
import { t } from "../words/words.ts";
import { icon } from "./icon.ts";

const SHOWN_MS = 6_000;
const MOST = 4;

function tray(): HTMLElement {
    let node = document.querySelector<HTMLElement>(".bw-toasts");
    if (!node) {
        node = document.createElement("div");
        node.className = "bw-toasts";
        node.setAttribute("role", "status");
        document.body.append(node);
    }
    return node;
}

/** An error stays until it is closed; the others leave by themselves, but not from under the pointer. */
export function toast(text: string, kind: "info" | "success" | "failure" | "error" = "info", link?: string): void {
    const node = document.createElement("div");
    node.className = "bw-toast";
    node.dataset["kind"] = kind;
    const close = (): void => node.remove();
    render(html`${link ? html`<a href=${link}>${text}</a>` : html`<span>${text}</span>`}
        <button type="button" class="btn btn-icon" aria-label=${t("help.close")} @click=${close}>${icon(x)}</button>`, node);
    tray().append(node);
    while (tray().childElementCount > MOST) tray().firstElementChild?.remove();
    if (kind === "error") return;
    const leave = (): unknown => (node.matches(":hover") ? setTimeout(leave, SHOWN_MS) : close());
    setTimeout(leave, SHOWN_MS);
}

export function toastError(error: unknown): void {
    toast(error instanceof Error ? error.message : String(error), "error");
}
