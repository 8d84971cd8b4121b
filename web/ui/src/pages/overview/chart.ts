// Lines over the last minutes, hours or day, each with its name, its colour and what it is now.
import { html, type TemplateResult } from "lit";
import uPlot from "uplot";
import { colour } from "../../kit/colours.ts";
import { formatNumber } from "../../kit/format.ts";
import { Plot } from "../../kit/plot.ts";
import { locale } from "../../words/words.ts";
import type { Lines } from "./series.ts";

const HEIGHT = 170;
const AXIS_PX = 52;
const CLOCK_PX = 28;
const LEAST = 1; // the top of an empty chart

export interface Line {
    name: string;
    /** One of the theme's. */
    colour: string;
    isFilled?: boolean;
    isDashed?: boolean;
}

/** Whole powers of ten around these. */
function decades(min: number | null, max: number | null): [number, number] {
    const [low, high] = min && max ? [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))] : [0, 1];
    return [10 ** low, 10 ** Math.max(high, low + 1)];
}

const onlyDecades = (_: uPlot, splits: number[]): (number | null)[] =>
    splits.map((n) => (Math.abs(Math.log10(n) - Math.round(Math.log10(n))) < 1e-9 ? n : null));

export class LineChart extends Plot {
    static override properties = { lines: { attribute: false }, named: { attribute: false }, span: { attribute: false }, isLog: { attribute: false } };
    declare lines: Lines;
    declare named: readonly Line[];
    /** Seconds from left to right. */
    declare span: number;
    /** By powers of ten, for what is small as a rule and large at times. */
    declare isLog: boolean;

    protected override get data(): uPlot.AlignedData {
        return this.lines as unknown as uPlot.AlignedData;
    }

    protected override options(): Omit<uPlot.Options, "width"> {
        const line = { stroke: colour("line"), width: 1 };
        const axis = { stroke: colour("quiet"), grid: line, ticks: { show: false } };
        const clock = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
        return {
            height: HEIGHT, padding: [8, 4, 0, 0], legend: { show: false },
            cursor: { y: false, points: { size: 6 } },
            hooks: { setCursor: [(plot) => this.#tell(plot.cursor.idx ?? null)] },
            scales: {
                x: { time: false, range: () => this.#range() },
                y: this.isLog ? { distr: 3, range: (_, min, max) => decades(min, max) }
                    : { range: (_, __, max) => [0, Math.max(LEAST, max * 1.1)] },
            },
            axes: [
                { ...axis, grid: { show: false }, size: CLOCK_PX, space: 64, values: (_, splits) => splits.map((s) => clock.format(s * 1000)) },
                { ...axis, ...(this.isLog && { filter: onlyDecades, grid: { ...line, filter: onlyDecades } }), size: AXIS_PX, space: 36,
                    values: (_, splits) => splits.map((n) => (n === null ? "" : formatNumber(n, 3))) },
            ],
            series: [{}, ...this.named.map((one) => ({
                stroke: colour(one.colour), width: 1.75, spanGaps: false,
                ...(one.isFilled ? { fill: `${colour(one.colour)}22` } : {}),
                ...(one.isDashed ? { dash: [5, 4] } : {}),
                points: { show: (plot: uPlot) => plot.data[0].length < 3 },
            }))],
        };
    }

    #range(): [number, number] {
        const end = (this.lines[0]?.at(-1) as number | undefined) ?? Date.now() / 1000;
        return [end - this.span, end];
    }

    /** What the numbers beside the names are of: the place pointed at, or now. */
    #tell(index: number | null): void {
        this.dispatchEvent(new CustomEvent("bw-point", { detail: index, bubbles: true }));
    }
}
customElements.define("bw-lines", LineChart);

export function legend(named: readonly Line[], values: readonly string[]): TemplateResult {
    return html`<ul class="bw-legend">${named.map((one, i) => html`
        <li data-colour=${one.colour} data-dashed=${String(one.isDashed ?? false)}><i></i>${one.name}<strong>${values[i]}</strong></li>`)}</ul>`;
}
