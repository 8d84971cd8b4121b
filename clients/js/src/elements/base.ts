// What the elements share: a client, a shadow root with their style, and drawing once per frame.
import type { Client } from "../index.ts";
import { pageClient } from "../page.ts";

/** The variables of STYLE are how a page themes them; `part` is how it reaches further. */
const STYLE = `
:host {
    --_accent: var(--bellwire-accent, #0d6efd);
    --_good: var(--bellwire-good, #198754);
    --_bad: var(--bellwire-bad, #dc3545);
    --_quiet: var(--bellwire-quiet, color-mix(in srgb, currentColor 65%, transparent));
    --_line: var(--bellwire-line, color-mix(in srgb, currentColor 20%, transparent));
    display: block;
    color: var(--bellwire-text, inherit);
    font: var(--bellwire-font, inherit);
}
:host([hidden]) { display: none; }
.task { display: grid; grid-template-columns: 1fr auto; gap: .25em .75em; align-items: baseline; }
.title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.status, .quiet { color: var(--_quiet); font-size: .875em; }
.status, .rest { text-align: end; }
.bar { grid-column: 1 / -1; height: var(--bellwire-bar-height, .5em); overflow: hidden;
    border-radius: 99em; background: var(--_line); }
.fill { height: 100%; border-radius: inherit; background: var(--_accent); transition: width .3s; }
.completed .fill { background: var(--_good); }
.failed .fill, .timeout .fill { background: var(--_bad); }
.failed .status, .timeout .status { color: var(--_bad); }
.cancelled .fill, .paused .fill { background: var(--_quiet); }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .5em 0; border-bottom: 1px solid var(--_line); }
.log { overflow: auto; max-height: var(--bellwire-log-height, 20em); margin: 0; padding: .5em;
    border: 1px solid var(--_line); border-radius: .25em; white-space: pre-wrap;
    overflow-wrap: anywhere; font: var(--bellwire-log-font, .8125em / 1.5 ui-monospace, monospace); }
.log .error { color: var(--_bad); }
.log:focus-visible { outline: 2px solid var(--_accent); }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all: a strict Content-Security-Policy forbids style elements, but not this. */
function style(): CSSStyleSheet {
    if (!sheet) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
    }
    return sheet;
}

// Where there is no page, on a server that renders one, importing this must not fail.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

export abstract class BellwireElement extends Base {
    protected readonly root: ShadowRoot;
    #client: Client | null = null;
    #stop: (() => void) | null = null;
    #frame: ReturnType<typeof setTimeout> | undefined;

    constructor() {
        super();
        this.root = this.attachShadow({ mode: "open" });
        this.root.adoptedStyleSheets = [style()];
    }

    /** Begins to follow what the attributes say; returns how to stop. */
    protected abstract follow(client: Client): () => void;

    protected abstract draw(): void;

    /** Where what is shown comes from: the one set, else that of the server at `url`. */
    get client(): Client {
        return this.#client ?? pageClient(this.getAttribute("url") ?? "");
    }

    set client(client: Client) {
        this.#client = client;
        this.#restart();
    }

    connectedCallback(): void {
        this.#restart();
    }

    disconnectedCallback(): void {
        this.#stop?.();
        this.#stop = null;
        clearTimeout(this.#frame);
    }

    attributeChangedCallback(): void {
        if (this.#stop) this.#restart();
    }

    /** Draws soon; often called, it draws once. */
    protected changed(): void {
        clearTimeout(this.#frame);
        this.#frame = setTimeout(() => this.draw());
    }

    #restart(): void {
        this.#stop?.();
        this.#stop = null;
        if (!this.isConnected) return;
        this.#stop = this.follow(this.client);
        this.draw();
    }
}

/** Makes the element known, unless the page has one of that name already. */
export function define(name: string, element: CustomElementConstructor): void {
    if (globalThis.customElements && !customElements.get(name)) customElements.define(name, element);
}

export function make<Name extends keyof HTMLElementTagNameMap>(
    tag: Name, part: string, attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Name] {
    const node = document.createElement(tag);
    node.className = part;
    node.setAttribute("part", part);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
}

/** Only where it differs, so that live regions speak of changes alone. */
export function setText(node: Node, text: string): void {
    if (node.textContent !== text) node.textContent = text;
}
