// The sheet of shortcuts: those of the page that is looked at, and those of all.
import { html, render } from "lit";
import { t } from "../words/words.ts";
import { go } from "./navigate.ts";
import { activeShortcuts, addShortcuts } from "./shortcuts.ts";

const NAMES: Readonly<Record<string, string>> = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

export function openHelp(): void {
    const dialog = document.createElement("dialog");
    dialog.className = "bw-dialog";
    dialog.addEventListener("close", () => dialog.remove());
    const rows = new Map<string, string[]>();
    for (const { keys, says } of activeShortcuts()) rows.set(t(says), [...(rows.get(t(says)) ?? []), keys]);
    render(html`
        <h2>${t("help.title")}</h2>
        <dl class="bw-keys">${[...rows].map(([says, keys]) => html`
            <dt>${keys.map((key) => html`<span>${key.split(" ").map((part) => html`<kbd>${NAMES[part] ?? part}</kbd>`)}</span>`)}</dt><dd>${says}</dd>`)}
        </dl>
        <form method="dialog"><button class="btn btn-primary" autofocus>${t("help.close")}</button></form>`, dialog);
    document.body.append(dialog);
    dialog.showModal();
}

addShortcuts([
    { keys: "g o", says: "help.goto", run: () => go("/") },
    { keys: "g t", says: "help.goto", run: () => go("/tasks") },
    { keys: "g l", says: "help.goto", run: () => go("/logs") },
    { keys: "?", says: "help.help", run: openHelp },
]);
