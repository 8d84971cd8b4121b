// The list of all tasks: live, filtered, searched, ordered; what is selected can be commanded.
//
// DESIGN. The feed says which tasks there are; the virtual list, which of them are in the document.
// Every row is an element that draws itself: when a task changes only its row is drawn, at the next
// animation frame (as Lit does it), and the page itself is not.
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import columnsIcon from "bootstrap-icons/icons/layout-three-columns.svg?raw";
import search from "bootstrap-icons/icons/search.svg?raw";

import { css } from "../../kit/css.ts";
import { Element } from "../../kit/element.ts";
import { formatNumber } from "../../kit/format.ts";
import { icon } from "../../kit/icon.ts";
import { openMenu } from "../../kit/menu.ts";
import { actionName, type AnyAction } from "../../kit/task-parts.ts";
import { VirtualRows } from "../../kit/virtual.ts";
import { go, onNavigate, setQuery } from "../../shell/navigate.ts";
import { addShortcuts } from "../../shell/shortcuts.ts";
import { canCommand, client } from "../../wire.ts";
import { t } from "../../words/words.ts";
import { COLUMNS, keepColumns, loadColumns, TITLE } from "./columns.ts";
import { BULK_ACTIONS, commandMany, type Which } from "./commands.ts";
import { Counts } from "./counts.ts";
import { TaskFeed } from "./feed.ts";
import { openTaskMenu, pathOf } from "./menus.ts";
import { Selection } from "./selection.ts";
import type { TaskRow } from "./row.ts";
import {
    EVERYTHING, filterOf, isFiltered, isSame, queryOf, type Sort, SORTS, STATUSES, type View, viewOf,
} from "./view.ts";

import "./facets.ts";
import "./row.ts";
import "./style.scss";

const ROW_PX = 52;
const CARD_PX = 92; // on a phone
const SELECT_REM = 2.5;
const MENU_REM = 3;
const TICK_MS = 1_000;
const SEARCH_MS = 250; // after the last key
const AT_TOP_PX = 8;
const narrow = matchMedia("(max-width: 46rem)");

export class TasksPage extends Element {
    #view: View = EVERYTHING;
    #columns = loadColumns();
    #current: string | null = null;
    #searching: ReturnType<typeof setTimeout> | undefined;
    readonly #selection = new Selection();
    readonly #counts = new Counts(() => this.requestUpdate());
    readonly #feed = new TaskFeed({
        onList: () => this.requestUpdate(),
        onRow: (task) => {
            const row = this.#rowOf(task.id);
            if (row) row.task = task;
        },
        onEvent: () => this.#counts.readSoon(),
    });
    readonly #rows = new VirtualRows(this, {
        scroller: () => this.querySelector<HTMLElement>(".bw-grid"),
        rowHeight: () => (narrow.matches ? CARD_PX : ROW_PX),
        keyOf: (index) => this.#feed.ids[index] ?? index,
    });

    override connectedCallback(): void {
        super.connectedCallback();
        const tick = setInterval(() => {
            if (!document.hidden) for (const row of this.querySelectorAll<TaskRow>("bw-task-row")) row.requestUpdate();
        }, TICK_MS);
        const turn = (): void => {
            this.#rows.remeasure();
            this.requestUpdate();
        };
        narrow.addEventListener("change", turn);
        const undo = [
            () => clearInterval(tick),
            () => narrow.removeEventListener("change", turn),
            client.onState(() => this.requestUpdate()),
            onNavigate(() => this.#followAddress()),
            () => this.#feed.close(), () => this.#counts.close(), () => clearTimeout(this.#searching),
            addShortcuts([
                { keys: "j", says: "tasks.key.next", run: () => this.#move(1) },
                { keys: "ArrowDown", says: "tasks.key.next", run: () => this.#move(1) },
                { keys: "k", says: "tasks.key.previous", run: () => this.#move(-1) },
                { keys: "ArrowUp", says: "tasks.key.previous", run: () => this.#move(-1) },
                { keys: "Enter", says: "tasks.key.open", run: () => this.#current !== null && go(pathOf(this.#current)) },
                { keys: "x", says: "tasks.key.select", run: () => this.#current !== null && this.#select(this.#current, false) },
                { keys: "X", says: "tasks.key.range", run: () => this.#current !== null && this.#select(this.#current, true) },
                { keys: "a", says: "tasks.key.all", run: () => this.#selectLoaded() },
                { keys: "m", says: "tasks.key.menu", run: () => this.#openMenuOfCurrent() },
                { keys: "0", says: "tasks.key.top", run: () => this.#rows.scrollTo(0) },
                { keys: "/", says: "tasks.key.search", run: () => this.querySelector<HTMLInputElement>("#search")?.focus() },
                { keys: "Escape", says: "tasks.key.escape", run: () => this.#unselect() },
            ]),
        ];
        for (const one of undo) this.whileConnected(one);
        document.title = `${t("nav.tasks")} · Bellwire`;
        this.#view = viewOf(new URLSearchParams(location.search));
        this.#feed.open(this.#view);
        this.#counts.readSoon();
    }

    // --- What is shown ----------------------------------------------------------------------------

    #followAddress(): void {
        if (!/^\/tasks(\.html)?$/.test(location.pathname)) return;
        const view = viewOf(new URLSearchParams(location.search));
        if (!isSame(view, this.#view)) this.#show(view);
    }

    #show(view: View): void {
        this.#view = view;
        this.#selection.clear();
        this.#current = null;
        this.#feed.open(view);
        this.#rows.scrollTo(0);
        this.requestUpdate();
    }

    readonly #setView = (view: View): void => {
        setQuery(queryOf(view));
        this.#show(view);
    };

    readonly #onSearch = (event: Event): void => {
        const q = (event.target as HTMLInputElement).value.trim();
        clearTimeout(this.#searching);
        this.#searching = setTimeout(() => this.#setView({ ...this.#view, q }), SEARCH_MS);
    };

    #toggleStatus(status: View["status"][number]): void {
        const has = this.#view.status.includes(status);
        const rest = this.#view.status.filter((one) => one !== status);
        this.#setView({ ...this.#view, status: has ? rest : STATUSES.filter((one) => one === status || rest.includes(one)) });
    }

    // --- Rows -------------------------------------------------------------------------------------

    #rowOf(id: string): TaskRow | null {
        return this.querySelector<TaskRow>(`bw-task-row[data-id="${CSS.escape(id)}"]`);
    }

    #move(by: number): void {
        const { ids } = this.#feed;
        const at = this.#current === null ? (by > 0 ? 0 : -1) : ids.indexOf(this.#current) + by;
        const to = Math.max(0, Math.min(ids.length - 1, at));
        this.#current = ids[to] ?? null;
        this.#rows.scrollTo(to);
        this.requestUpdate();
    }

    #select(id: string, isRange: boolean): void {
        if (isRange) this.#selection.extend(id, this.#feed.ids);
        else this.#selection.toggle(id, this.#feed.ids);
        this.#current = id;
        this.requestUpdate();
    }

    #selectLoaded(): void {
        this.#selection.add(this.#feed.ids);
        this.requestUpdate();
    }

    #unselect(): void {
        this.#selection.clear();
        this.requestUpdate();
    }

    readonly #onClick = (event: MouseEvent): void => {
        const target = event.target as HTMLElement;
        const id = target.closest<TaskRow>("bw-task-row")?.task.id;
        if (!id) return;
        if (target.closest(".cell-menu button")) {
            this.#openMenu(id, target.closest("button")!);
        } else if (!target.closest("a")) {
            if (event.shiftKey) getSelection()?.removeAllRanges();
            this.#select(id, event.shiftKey);
        }
    };

    readonly #onMenu = (event: MouseEvent): void => {
        const id = (event.target as HTMLElement).closest<TaskRow>("bw-task-row")?.task.id;
        if (!id || (event.target as HTMLElement).closest("a")) return;
        event.preventDefault();
        this.#openMenu(id, { x: event.clientX, y: event.clientY });
    };

    #openMenuOfCurrent(): void {
        const button = this.#current !== null && this.#rowOf(this.#current)?.querySelector(".cell-menu button");
        if (button) this.#openMenu(this.#current!, button);
    }

    #openMenu(id: string, at: globalThis.Element | { x: number; y: number }): void {
        const task = this.#feed.get(id);
        if (task) openTaskMenu(at, task, this.#view, this.#setView);
    }

    // --- Menus of the page ------------------------------------------------------------------------

    readonly #openColumns = ({ currentTarget }: Event): void => {
        openMenu(currentTarget as HTMLElement, t("tasks.columns"), () => COLUMNS.map((column) => ({
            label: t(column.label), checked: this.#columns.includes(column), keeps: true,
            run: () => {
                this.#columns = COLUMNS.filter((one) => this.#columns.includes(one) !== (one === column));
                keepColumns(this.#columns);
                this.requestUpdate();
            },
        })));
    };

    async #command(action: AnyAction): Promise<void> {
        const which: Which = this.#selection.isAll
            ? { filter: filterOf(this.#view), total: this.#feed.total } : { ids: this.#selection.ids };
        if (!(await commandMany(action, which))) return;
        this.#unselect();
        this.#feed.refresh();
    }

    // --- Drawing ----------------------------------------------------------------------------------

    protected override updated(): void {
        const { items } = this.#rows;
        const first = items[0]?.index ?? 0;
        this.#feed.show(first, items.at(-1)?.index ?? 0, this.#rows.offset <= AT_TOP_PX);
    }

    protected override render(): TemplateResult {
        const feed = this.#feed;
        this.#rows.setCount(feed.ids.length);
        return html`<h1 class="visually-hidden">${t("nav.tasks")}</h1>
            <div class="bw-tasks-tools">
                <label class="bw-search">${icon(search)}<input id="search" type="search" class="form-control"
                    placeholder=${t("tasks.search")} aria-label=${t("tasks.search")} .value=${this.#view.q} @input=${this.#onSearch}><kbd aria-hidden="true">/</kbd></label>
                <bw-task-facets .view=${this.#view} .onChange=${this.#setView}></bw-task-facets>
                <div class="bw-tasks-right">
                    <select class="form-select" id="sort" aria-label=${t("tasks.sort")}
                        @change=${(event: Event) => this.#setView({ ...this.#view, sort: (event.target as HTMLSelectElement).value as Sort })}>
                        ${SORTS.map((sort) => html`<option value=${sort} ?selected=${sort === this.#view.sort}>${t(`tasks.sort.${sort}`)}</option>`)}
                    </select>
                    <button type="button" class="btn btn-line" id="columns" aria-haspopup="menu" aria-label=${t("tasks.columns")}
                        title=${t("tasks.columns")} @click=${this.#openColumns}>${icon(columnsIcon)}</button>
                </div>
            </div>
            ${this.#renderChips()}
            <div class="bw-tasks-frame">
                ${this.#renderGrid()}
                ${feed.news > 0 ? html`<button type="button" class="btn btn-primary bw-news"
                    @click=${() => this.#rows.scrollTo(0)}>↑ ${t("tasks.news", { n: formatNumber(feed.news, 0) })}</button>` : nothing}
                ${this.#selection.isEmpty ? nothing : this.#renderBulk()}
            </div>`;
    }

    #renderChips(): TemplateResult {
        const { status } = this.#view;
        const { total, isExact, isLoaded } = this.#feed;
        // They count all tasks, whatever else is filtered: beside other filters they would mislead.
        const counts = isFiltered({ ...this.#view, status: [] }) ? {} : this.#counts.values;
        const chip = (name: string, isOn: boolean, label: string, n: number | undefined, click: () => void): TemplateResult =>
            html`<button type="button" class="bw-chip" data-chip=${name} data-status=${name} aria-pressed=${String(isOn)}
                @click=${click}>${label}${n === undefined ? nothing : html`<span>${formatNumber(n, 0)}</span>`}</button>`;
        return html`<div class="bw-chips" role="group" aria-label=${t("tasks.status")}>
            ${chip("all", status.length === 0, t("tasks.all"), undefined, () => this.#setView({ ...this.#view, status: [] }))}
            ${STATUSES.map((one) => chip(one, status.includes(one), t(`status.${one}`), counts[one], () => this.#toggleStatus(one)))}
            ${isFiltered(this.#view) ? html`<button type="button" class="btn btn-sm btn-icon" id="clear"
                @click=${() => this.#setView({ ...EVERYTHING, sort: this.#view.sort })}>${t("tasks.clear")}</button>` : nothing}
            <output id="total">${isLoaded ? t(isExact ? "tasks.total" : "tasks.totalMore", { n: formatNumber(total, 0) }) : nothing}</output></div>`;
    }

    #renderGrid(): TemplateResult {
        const { ids, error } = this.#feed;
        const widths = this.#columns.map(({ width }) => width);
        const least = widths.reduce((sum, width) => sum + width, SELECT_REM + TITLE.width + MENU_REM);
        const template = [`${SELECT_REM}rem`, `minmax(${TITLE.width}rem, 1fr)`, ...widths.map((width) => `${width}rem`), `${MENU_REM}rem`];
        return html`<div class="bw-grid" role="grid" tabindex="0" aria-label=${t("nav.tasks")} aria-multiselectable="true"
            aria-rowcount=${this.#feed.hasMore ? -1 : ids.length + 1} aria-busy=${String(!this.#feed.isLoaded)}
            ${css({ "--columns": template.join(" "), "--least": `${least}rem` })} @click=${this.#onClick} @contextmenu=${this.#onMenu}>
            <div class="bw-grid-head" role="row">
                <span role="columnheader" class="cell-select"><input type="checkbox" class="form-check-input" aria-label=${t("tasks.selectAll")}
                    .checked=${live(!this.#selection.isEmpty)} .indeterminate=${!this.#selection.isEmpty && !this.#selection.isAll}
                    @change=${() => (this.#selection.isEmpty ? this.#selectLoaded() : this.#unselect())}></span>
                <span role="columnheader">${t("tasks.task")}</span>
                ${this.#columns.map(({ label, isNumber, sort }) => html`<span role="columnheader" class=${isNumber ? "is-number" : ""}
                    aria-sort=${sort && this.#view.sort.endsWith(sort) ? (this.#view.sort.startsWith("-") ? "descending" : "ascending") : nothing}>
                    ${sort ? this.#renderSort(sort, t(label)) : t(label)}</span>`)}
                <span role="columnheader"><span class="visually-hidden">${t("tasks.menu", { title: "" })}</span></span>
            </div>
            ${error ? html`<div class="bw-note is-error" role="row"><span role="gridcell">${t("tasks.failed", { why: (error as Error).message })}
                <button type="button" class="btn btn-line btn-sm" @click=${() => this.#feed.refresh()}>${t("tasks.again")}</button></span></div>` : nothing}
            <div class="bw-grid-body" role="rowgroup" ${css({ height: `${this.#rows.size}px` })}>
                ${repeat(this.#rows.items, ({ key }) => key, ({ index, start, size }) => {
                    const id = ids[index]!;
                    return html`<bw-task-row aria-rowindex=${index + 2} .task=${this.#feed.get(id)!} .columns=${this.#columns}
                        .isSelected=${this.#selection.has(id)} .isCurrent=${this.#current === id}
                        ${css({ transform: `translateY(${start}px)`, height: `${size}px` })}></bw-task-row>`;
                })}
            </div>
            ${this.#feed.isLoaded && ids.length === 0 ? this.#renderEmpty() : nothing}
        </div>`;
    }

    #renderSort(sort: "created_at" | "updated_at", label: string): TemplateResult {
        const isDown = this.#view.sort === `-${sort}`;
        const arrow = isDown ? " ↓" : this.#view.sort === sort ? " ↑" : "";
        return html`<button type="button" @click=${() => this.#setView({ ...this.#view, sort: isDown ? sort : `-${sort}` })}>${label}${arrow}</button>`;
    }

    #renderEmpty(): TemplateResult {
        return html`<div role="row"><div role="gridcell" class="bw-empty" id="nothing">${isFiltered(this.#view)
            ? html`<h2>${t("tasks.none")}</h2><p>${t("tasks.noneHint")}</p>`
            : html`<h2>${t("tasks.empty")}</h2><p>${t("tasks.emptyHint")}</p>
                <pre>bellwire run --title "My first task" -- make</pre>`}</div></div>`;
    }

    #renderBulk(): TemplateResult {
        const { isAll, ids } = this.#selection;
        const n = isAll ? this.#feed.total : ids.length;
        const can = canCommand();
        const total = formatNumber(this.#feed.total, 0);
        return html`<div class="bw-bulk" role="toolbar" aria-label=${t("tasks.bulk")}>
            <b>${t("tasks.selected", { n: formatNumber(n, 0) })}</b>
            ${!isAll && this.#feed.total > ids.length ? html`<button type="button" class="btn btn-sm btn-link" id="select-matching"
                @click=${() => { this.#selection.selectAll(); this.requestUpdate(); }}>${t("tasks.selectMatching", { n: total })}</button>` : nothing}
            <span class="bw-bulk-actions" title=${can ? nothing : t("tasks.offline")}>${BULK_ACTIONS.map((action) => html`
                <button type="button" class="btn btn-sm btn-line ${action === "cancel" || action === "delete" ? "is-grave" : ""}" data-action=${action}
                    ?disabled=${!can} @click=${() => void this.#command(action)}>${actionName(action)}</button>`)}</span>
            <button type="button" class="btn btn-sm btn-icon" @click=${() => this.#unselect()}>${t("tasks.unselect")}</button></div>`;
    }
}
customElements.define("bw-tasks-page", TasksPage);
