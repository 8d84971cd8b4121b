// Progress over time.
import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { chartColours } from "../../kit/colours.ts";
import { onTheme } from "../../shell/theme.ts";
import { locale, onLanguage } from "../../words/words.ts";
import type { Points } from "./history.ts";

const HEIGHT = 180;

export class ProgressChart extends LitElement {
    static override properties = { points: { attribute: false } };
    declare points: Points;
    #plot: uPlot | null = null;
    #resize = new ResizeObserver(() => this.#plot?.setSize({ width: this.clientWidth, height: HEIGHT }));
    #undo: (() => void)[] = [];

    protected override createRenderRoot(): HTMLElement {
        return this;
    }

    override connectedCallback(): void {
        super.connectedCallback();
        const anew = (): void => {
            this.#plot?.destroy();
            this.#plot = null;
            this.requestUpdate();
        };
        this.#undo = [onTheme(anew), onLanguage(anew)];
        this.#resize.observe(this);
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        for (const undo of this.#undo) undo();
        this.#resize.disconnect();
        this.#plot?.destroy();
        this.#plot = null;
    }

    protected override updated(_changed: PropertyValues): void {
        if (!this.clientWidth) return;
        const data = this.points as unknown as uPlot.AlignedData;
        if (this.#plot) this.#plot.setData(data);
        else this.#plot = this.#make(data);
    }

    #make(data: uPlot.AlignedData): uPlot {
        const { text, grid, accent, accentSoft } = chartColours();
        const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
        const clock = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
        return new uPlot({
            width: this.clientWidth, height: HEIGHT, legend: { show: false },
            cursor: { y: false, points: { size: 6 } },
            scales: { y: { range: [0, 100] } },
            axes: [
                { ...axis, space: 90, values: (_, splits) => splits.map((s) => clock.format(s * 1000)) },
                { ...axis, size: 58, values: (_, splits) => splits.map((s) => `${s} %`) },
            ],
            series: [{}, { stroke: accent, fill: accentSoft, width: 2, points: { show: (plot) => plot.data[0].length < 3 } }],
        }, data, this);
    }

    protected override render(): TemplateResult {
        return html``;
    }
}
customElements.define("bw-progress-chart", ProgressChart);
