// The keyboard: one table of what each key does on the page that is looked at, and the sheet that shows it.
import type { Key } from "../words/words.ts";

export interface Shortcut {
    /** As in KeyboardEvent.key; two, with a space between, are pressed one after the other. */
    readonly keys: string;
    readonly says: Key;
    readonly run: () => void;
}

const active: Shortcut[] = [];
let before = "";

/** Makes them work until the function returned is called. */
export function addShortcuts(shortcuts: readonly Shortcut[]): () => void {
    active.push(...shortcuts);
    return () => {
        for (const shortcut of shortcuts) active.splice(active.indexOf(shortcut), 1);
    };
}

export function activeShortcuts(): readonly Shortcut[] {
    return active;
}

function isTyping(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** What has the focus takes the key itself. */
const isPressing = (event: KeyboardEvent): boolean =>
    (event.key === "Enter" || event.key === " ") &&
    event.composedPath().some((one) => one instanceof Element && one.matches("a[href], button, summary"));

globalThis.document?.addEventListener("keydown", (event) => {
    if (isPressing(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const pressed = before ? `${before} ${event.key}` : event.key;
    const found = active.findLast(({ keys }) => keys === pressed) ?? active.findLast(({ keys }) => keys === event.key);
    before = active.some(({ keys }) => keys.startsWith(`${event.key} `)) ? event.key : "";
    if (!found) return;
    event.preventDefault();
    before = "";
    found.run();
});
