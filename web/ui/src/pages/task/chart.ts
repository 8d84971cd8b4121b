// Progress over time.
import type uPlot from "uplot";
import { chartColours } from "../../kit/colours.ts";
import { Plot } from "../../kit/plot.ts";
import { locale } from "../../words/words.ts";
import type { Points } from "./line.ts";

const HEIGHT = 180;
const LEAST_S = 10; // of time, however little has happened: or many ticks would have the same name

export class ProgressChart extends Plot {
    static override properties = { points: { attribute: false } };
    declare points: Points;

    protected override get data(): uPlot.AlignedData {
        return this.points as unknown as uPlot.AlignedData;
    }

    protected override options(): Omit<uPlot.Options, "width"> {
        const { text, grid, accent, accentSoft } = chartColours();
        const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
        const clock = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
        return {
            height: HEIGHT, legend: { show: false },
            cursor: { y: false, points: { size: 6 } },
            scales: { x: { range: (_, from, to) => [from, Math.max(to, from + LEAST_S)] }, y: { range: [0, 100] } },
            axes: [
                { ...axis, space: 90, values: (_, splits) => splits.map((s) => clock.format(s * 1000)) },
                { ...axis, size: 58, values: (_, splits) => splits.map((s) => `${s} %`) },
            ],
            series: [{}, { stroke: accent, fill: accentSoft, width: 2, points: { show: (plot) => plot.data[0].length < 3 } }],
        };
    }
}
customElements.define("bw-progress-chart", ProgressChart);
