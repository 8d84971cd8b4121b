// What every element of these pages begins with.
import { LitElement } from "lit";
import { onLanguage } from "../words/words.ts";

/** Draws into the page itself, so that one style sheet serves all; draws again in another language. */
export class Element extends LitElement {
    #undo: (() => void)[] = [];

    protected override createRenderRoot(): HTMLElement {
        return this;
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
