// What every chart has in common: it fills its element, and is drawn anew for another theme or language.
import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onTheme } from "../shell/theme.ts";
import { onLanguage } from "../words/words.ts";

export abstract class Plot extends LitElement {
    #plot: uPlot | null = null;
    #resize = new ResizeObserver(() => this.#fit());
    #undo: (() => void)[] = [];

    protected abstract get data(): uPlot.AlignedData;
    /** How it looks; the colours are this theme's. */
    protected abstract options(): Omit<uPlot.Options, "width">;

    protected override createRenderRoot(): HTMLElement {
        return this;
    }

    override connectedCallback(): void {
        super.connectedCallback();
        this.#undo = [onTheme(() => this.redraw()), onLanguage(() => this.redraw())];
        this.#resize.observe(this);
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        for (const undo of this.#undo) undo();
        this.#resize.disconnect();
        this.#drop();
    }

    protected redraw(): void {
        this.#drop();
        this.requestUpdate();
    }

    #drop(): void {
        this.#plot?.destroy();
        this.#plot = null;
    }

    #fit(): void {
        if (!this.clientWidth) return;
        if (this.#plot) this.#plot.setSize({ width: this.clientWidth, height: this.#plot.height });
        else this.requestUpdate();
    }

    protected override updated(_changed: PropertyValues): void {
        if (this.#plot) this.#plot.setData(this.data);
        else if (this.clientWidth) this.#plot = new uPlot({ width: this.clientWidth, ...this.options() }, this.data, this);
    }

    protected override render(): TemplateResult {
        return html``;
    }
}
