// What every element of these pages begins with.
import { LitElement } from "lit";
import { onLanguage } from "../words/words.ts";

const HIDDEN_MS = 250; // a page that nobody sees has no frames

const nextFrame = (): Promise<unknown> => new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve, HIDDEN_MS);
    else requestAnimationFrame(resolve);
});

/**
 * Draws into the page itself, so that one style sheet serves all; at most once per frame, however many
 * events come; and again in another language.
 */
export class Element extends LitElement {
    #undo: (() => void)[] = [];

    protected override createRenderRoot(): HTMLElement {
        return this;
    }

    protected override async scheduleUpdate(): Promise<void> {
        if (this.hasUpdated) await nextFrame();
        await super.scheduleUpdate();
    }

    override connectedCallback(): void {
        super.connectedCallback();
        this.whileConnected(onLanguage(() => this.requestUpdate()));
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        for (const undo of this.#undo.splice(0)) undo();
    }

    /** Calls `undo` when the element leaves the page. */
    protected whileConnected(undo: () => void): void {
        this.#undo.push(undo);
    }
}
