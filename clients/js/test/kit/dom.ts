// A page for components: happy-dom's window in place of the browser's.
import { Window } from "happy-dom";

const NAMES = [
    "document", "HTMLElement", "customElements", "CSSStyleSheet", "CustomEvent", "Node", "location",
    "Element", "ShadowRoot", "SVGElement", "MutationObserver", "HTMLIFrameElement",
] as const;

/** To be imported before anything that looks for a page. Event stays that of Node: its WebSocket uses it. */
export const window = new Window({ url: "http://127.0.0.1/" });
for (const name of NAMES) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
}
Object.defineProperty(globalThis, "window", { value: window, configurable: true });
