// The log of all tasks, or of one; what is shown is in the address, and so is one line.
import type { Task } from "bellwire";
import { html, type TemplateResult } from "lit";
import x from "bootstrap-icons/icons/x.svg?raw";

import { Element } from "../../kit/element.ts";
import { icon } from "../../kit/icon.ts";
import { ALL_LINES, isLevel, type LogFilter, queryOf } from "../../kit/log/filter.ts";
import type { Choice } from "../../kit/pick.ts";
import { titleOf } from "../../kit/task-parts.ts";
import { toast } from "../../kit/toast.ts";
import { onNavigate, setQuery } from "../../shell/navigate.ts";
import { client } from "../../wire.ts";
import { t } from "../../words/words.ts";
import "../../kit/log/view.ts";
import "../../kit/pick.ts";
import "./style.scss";

const CHOICES = 20; // tasks to choose from, while something is typed

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

    readonly #find = async (typed: string): Promise<Choice[]> => {
        const { data } = await client.http.json<{ items: Task[] }>("api/v1/tasks", { query: { q: typed, limit: CHOICES } });
        return data.items.map((task) => ({ value: task.id, label: titleOf(task) }));
    };

    /** An id, or what else was typed: then the newest task that has it. */
    readonly #choose = async (typed: string): Promise<void> => {
        const found = await this.#find(typed).catch(() => []);
        const taskId = found.some(({ value }) => value === typed) ? typed : found[0]?.value;
        if (taskId) this.#show({ ...this.#filter, taskId });
        else toast(t("log.noTask", { typed }), "error");
    };

    #renderWhose(taskId: string | null): TemplateResult {
        if (taskId === null) {
            return html`<bw-pick-box label=${t("log.task")} placeholder=${t("log.all")}
                .find=${this.#find} .onTake=${this.#choose}></bw-pick-box>`;
        }
        return html`<span class="bw-facet"><a href="/tasks/${encodeURIComponent(taskId)}">${taskId}</a><button type="button"
            class="btn btn-icon" aria-label=${t("log.all")} title=${t("log.all")}
            @click=${() => this.#show({ ...this.#filter, taskId: null })}>${icon(x)}</button></span>`;
    }

    protected override render(): TemplateResult {
        return html`<h1 class="visually-hidden">${t("nav.logs")}</h1>
            <bw-log-view .filter=${this.#filter} .line=${this.#line} .whose=${this.#renderWhose(this.#filter.taskId)}
                @bw-filter=${({ detail }: CustomEvent<LogFilter>) => this.#show(detail)}></bw-log-view>`;
    }
}
customElements.define("bw-logs-page", LogsPage);
