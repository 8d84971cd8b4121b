// The log of all tasks, or of one; what is shown is in the address, and so is one line.
import { html, type TemplateResult } from "lit";

import { Element } from "../../kit/element.ts";
import { ALL_LINES, isLevel, type LogFilter, queryOf } from "../../kit/log/filter.ts";
import { onNavigate, setQuery } from "../../shell/navigate.ts";
import { t } from "../../words/words.ts";
import "../../kit/log/view.ts";
import "./style.scss";

/** What an address asks for; what it says wrongly is left out. */
function filterOf(query: URLSearchParams): LogFilter {
    const level = query.get("level") ?? "";
    return { taskId: query.get("task_id") || null, level: isLevel(level) ? level : ALL_LINES.level, q: query.get("q") ?? "" };
}

export class LogsPage extends Element {
    #filter = ALL_LINES;
    #line: string | null = null;

    override connectedCallback(): void {
        super.connectedCallback();
        this.whileConnected(onNavigate(() => this.#followAddress()));
        document.title = `${t("nav.logs")} · Bellwire`;
        this.#followAddress();
    }

    readonly #followAddress = (): void => {
        if (!/^\/logs(\.html)?$/.test(location.pathname)) return;
        const query = new URLSearchParams(location.search);
        const filter = filterOf(query);
        if (JSON.stringify(filter) !== JSON.stringify(this.#filter)) this.#filter = filter;
        this.#line = query.get("line");
        this.requestUpdate();
    };

    #show(filter: LogFilter): void {
        const query = Object.entries(queryOf(filter)).filter((pair): pair is [string, string] => pair[1] !== null);
        setQuery(new URLSearchParams(query));
        this.#filter = filter;
        this.#line = null;
        this.requestUpdate();
    }

    protected override render(): TemplateResult {
        const { taskId } = this.#filter;
        return html`<h1 class="visually-hidden">${t("nav.logs")}</h1>
            ${taskId === null ? "" : html`<p class="bw-logs-task"><a href="/tasks/${encodeURIComponent(taskId)}">${taskId}</a>
                <button type="button" class="btn btn-sm btn-line" @click=${() => this.#show({ ...this.#filter, taskId: null })}>${t("log.all")}</button></p>`}
            <bw-log-view .filter=${this.#filter} .line=${this.#line}
                @bw-filter=${({ detail }: CustomEvent<LogFilter>) => this.#show(detail)}></bw-log-view>`;
    }
}
customElements.define("bw-logs-page", LogsPage);
