// A chart in its card: its name, what its lines are, and the lines.
import { html, type TemplateResult } from "lit";
import { Element } from "../../kit/element.ts";
import { formatTime } from "../../kit/format.ts";
import { t } from "../../words/words.ts";
import "./chart.ts";
import { legend, type Line } from "./chart.ts";
import type { Lines } from "./series.ts";

export class ChartPanel extends Element {
    static override properties = {
        name: {}, named: { attribute: false }, lines: { attribute: false }, span: { attribute: false },
        format: { attribute: false }, isLog: { attribute: false }, point: { state: true },
    };
    declare name: string;
    declare named: readonly Line[];
    declare lines: Lines;
    declare span: number;
    declare format: (n: number | null) => string;
    declare isLog: boolean;
    declare point: number | null;

    protected override render(): TemplateResult {
        const [times = [], ...lines] = this.lines;
        const at = this.point !== null && this.point !== undefined && this.point < times.length ? this.point : times.length - 1;
        const values = lines.map((points) => this.format(points[at] ?? null));
        const isNow = at === times.length - 1;
        const told = this.named.map((one, i) => `${one.name}: ${values[i]}`).join(", ");
        return html`<section class="bw-card bw-chart">
            <h2>${this.name}<small class="bw-quiet">${isNow || !times[at] ? "" : formatTime(new Date(times[at] * 1000).toISOString())}</small></h2>
            ${legend(this.named, values)}
            <bw-lines role="img" aria-label=${t("overview.chart", { name: this.name, told })} .lines=${this.lines}
                .named=${this.named} .span=${this.span} .isLog=${this.isLog}
                @bw-point=${(event: CustomEvent<number | null>) => { this.point = event.detail; }}></bw-lines>
        </section>`;
    }
}
customElements.define("bw-chart-panel", ChartPanel);
