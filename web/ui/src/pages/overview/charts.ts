// How it goes: what came, what ended, how long it took.
import { html, type TemplateResult } from "lit";
import { formatNumber } from "../../kit/format.ts";
import { t } from "../../words/words.ts";
import type { Line } from "./chart.ts";
import "./panel.ts";
import { type History, type Readings, type Span, SPANS } from "./readings.ts";
import { type Lines, milliseconds, perMinute, perSecond, timesOf } from "./series.ts";

const LATENCIES = ["delivery_us_p50", "delivery_us_p99", "commit_us_p50", "commit_us_p99"];
const format = (n: number | null): string => (n === null ? "–" : formatNumber(n, n < 1 ? 2 : 1));

function spans(readings: Readings): TemplateResult {
    return html`<div class="bw-span" role="group" aria-label=${t("overview.span")}>${(Object.keys(SPANS) as Span[]).map((span) => html`
        <button type="button" class="btn btn-sm" aria-pressed=${String(span === readings.span)}
            @click=${() => readings.show(span)}>${t(`overview.span.${span}`)}</button>`)}</div>`;
}

export function charts(readings: Readings): TemplateResult {
    const { step_s, points } = SPANS[readings.span];
    const history: History = readings.history.value ?? { step_s, points: 0, end: null, series: {} };
    const times = timesOf(history);
    const panel = (name: string, named: readonly Line[], lines: Lines, isLog = false): TemplateResult => html`
        <bw-chart-panel .name=${name} .named=${named} .span=${step_s * points} .isLog=${isLog}
            .format=${format} .lines=${[times, ...lines]}></bw-chart-panel>`;
    return html`
        <header class="bw-charts-head"><h2>${t("overview.charts")}</h2>${spans(readings)}</header>
        <div class="bw-three">
            ${panel(t("overview.chart.events"), [{ name: t("overview.line.events"), colour: "accent", isFilled: true }],
                [perSecond(history, "events")])}
            ${panel(t("overview.chart.ended"), [
                { name: t("status.completed"), colour: "completed", isFilled: true },
                { name: t("status.failed"), colour: "failed" },
            ], [perMinute(history, ["completed"]), perMinute(history, ["failed", "timeout"])])}
            ${panel(t("overview.chart.latency"), [
                { name: t("overview.line.delivery", { n: 50 }), colour: "accent" },
                { name: t("overview.line.delivery", { n: 99 }), colour: "accent", isDashed: true },
                { name: t("overview.line.commit", { n: 50 }), colour: "completed" },
                { name: t("overview.line.commit", { n: 99 }), colour: "completed", isDashed: true },
            ], LATENCIES.map((name) => milliseconds(history, name)), true)}
        </div>`;
}
