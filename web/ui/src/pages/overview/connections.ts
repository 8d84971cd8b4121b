// Who watches, and what.
import { html, nothing, type TemplateResult } from "lit";
import { css } from "../../kit/css.ts";
import { formatNumber } from "../../kit/format.ts";
import { t } from "../../words/words.ts";
import type { Stats } from "./readings.ts";

export function connectionsCard({ watchers, connections, subscriptions }: Stats): TemplateResult {
    const most = Math.max(1, ...Object.values(subscriptions));
    const topics = Object.entries(subscriptions).sort(([, a], [, b]) => b - a);
    return html`<section class="bw-card bw-connections"><h2>${t("overview.connections")}</h2>
        <p class="bw-total"><strong>${formatNumber(watchers)}</strong> ${t("overview.watchers")}</p>
        <dl>${(["websocket", "sse", "long_poll"] as const).map((name) => html`
            <div><dt>${t(`overview.${name}`)}</dt><dd>${formatNumber(connections[name] ?? 0)}</dd></div>`)}</dl>
        ${topics.length ? html`<h3>${t("overview.topics")}</h3>` : nothing}
        <ul>${topics.map(([topic, n]) => html`<li><span>${topic}</span>
            <div class="bw-count"><i ${css({ width: `${(n / most) * 100}%` })}></i></div><span>${formatNumber(n)}</span></li>`)}</ul></section>`;
}
