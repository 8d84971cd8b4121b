// How everything stands: figures, charts, who works, what deserves a look.
//
// DESIGN. The tasks shown are live lists of the shared client; what is counted is read from the server,
// soon after a task changed and every few seconds in any case. So it works the same while polling.
import type { Status, TaskList } from "bellwire";
import { html, nothing, type TemplateResult } from "lit";
import { Element } from "../../kit/element.ts";
import { formatNumber } from "../../kit/format.ts";
import { t } from "../../words/words.ts";
import { client } from "../../wire.ts";
import { charts } from "./charts.ts";
import { SHOWN } from "./choice.ts";
import { connectionsCard } from "./connections.ts";
import { lists } from "./lists.ts";
import { type Counts, Readings, type Stats } from "./readings.ts";
import { welcome } from "./welcome.ts";
import { workersCard } from "./workers.ts";
import "./style.scss";

const RUNNING_KEPT = 200; // among which the longest and the soonest are found
const TICK_MS = 1_000;
const WRONG = ["failed", "timeout"] as const;

const sum = (counts: Counts, names: readonly Status[]): number =>
    names.reduce((n, name) => n + (counts[name] ?? 0), 0);

export class OverviewPage extends Element {
    #readings: Readings | null = null;
    #running: TaskList | null = null;
    #failed: TaskList | null = null;

    override connectedCallback(): void {
        super.connectedCallback();
        document.title = `${t("nav.overview")} · Bellwire`;
        const readings = this.#readings = new Readings(() => this.requestUpdate());
        const running = this.#running = client.tasks.list({ status: "running", sort: "created_at", limit: RUNNING_KEPT });
        const failed = this.#failed = client.tasks.list({ status: [...WRONG], limit: SHOWN });
        const tick = setInterval(() => { if (!document.hidden) this.requestUpdate(); }, TICK_MS);
        running.onChange(() => this.requestUpdate());
        failed.onChange(() => this.requestUpdate());
        const soon = (): void => readings.soon();
        const all = client.subscribe("system", { catchup: "conflate", onTasks: soon, onReset: soon }, soon);
        for (const undo of [
            () => clearInterval(tick), () => running.close(), () => failed.close(), () => readings.close(), () => all.unsubscribe(), client.onState(soon),
        ]) this.whileConnected(undo);
    }

    protected override render(): TemplateResult {
        const readings = this.#readings;
        const stats = readings?.stats.value ?? null;
        if (!readings || !stats) return html`<h1 class="visually-hidden">${t("nav.overview")}</h1><div class="bw-empty" aria-busy="true">…</div>`;
        const late = readings.isLate ? html`<p class="bw-note" role="status">${t("overview.late")}</p>` : nothing;
        const h1 = html`<h1 class="visually-hidden">${t("nav.overview")}</h1>`;
        if (Object.values(stats.tasks).every((n) => n === 0)) return html`${h1}${late}${welcome()}`;
        return html`${h1}${late}
            ${this.#renderFigures(stats)}
            ${charts(readings)}
            <div class="bw-three">${lists(this.#running?.items ?? [], this.#failed?.items ?? [])}</div>
            <div class="bw-two">${workersCard(readings.workers.value)}${connectionsCard(stats)}</div>`;
    }

    /** What is the case now; and what happened, in an hour and in a day. */
    #renderFigures({ tasks, recent }: Stats): TemplateResult {
        const now = t("overview.now");
        const lately = (names: readonly Status[]): TemplateResult =>
            html`<span>${t("overview.hour")}</span> <span>· ${t("overview.day", { n: formatNumber(sum(recent.day, names)) })}</span>`;
        return html`<div class="bw-figures">
            ${this.#figure("running", tasks.running ?? 0, "running", now)}
            ${this.#figure("pending", tasks.pending ?? 0, "pending", now)}
            ${this.#figure("paused", tasks.paused ?? 0, "paused", now)}
            ${this.#figure("completed", sum(recent.hour, ["completed"]), "completed&sort=-updated_at", lately(["completed"]))}
            ${this.#figure("failed", sum(recent.hour, WRONG), "failed,timeout&sort=-updated_at", lately(WRONG))}
        </div>`;
    }

    #figure(name: "running" | "pending" | "paused" | "completed" | "failed", n: number, status: string, note: TemplateResult | string): TemplateResult {
        return html`<a class="bw-figure" data-status=${name} data-zero=${String(n === 0)} href="/tasks?status=${status}">
            <span class="bw-figure-name"><i></i>${t(`status.${name}`)}</span>
            <strong>${formatNumber(n)}</strong><span class="bw-quiet">${note}</span></a>`;
    }
}
customElements.define("bw-overview-page", OverviewPage);
