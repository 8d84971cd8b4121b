// A log of any length: tools above, and the lines that can be seen. It follows the end until somebody scrolls up,
// and then moves nothing under their eyes.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { ref } from "lit/directives/ref.js";
import { repeat } from "lit/directives/repeat.js";
import begin from "bootstrap-icons/icons/chevron-double-up.svg?raw";
import end from "bootstrap-icons/icons/chevron-double-down.svg?raw";
import download from "bootstrap-icons/icons/download.svg?raw";
import pause from "bootstrap-icons/icons/pause-fill.svg?raw";
import play from "bootstrap-icons/icons/play-fill.svg?raw";
import search from "bootstrap-icons/icons/search.svg?raw";

import { addShortcuts } from "../../shell/shortcuts.ts";
import { client } from "../../wire.ts";
import { type Key, t } from "../../words/words.ts";
import { css } from "../css.ts";
import { Element } from "../element.ts";
import { formatNumber } from "../format.ts";
import { icon } from "../icon.ts";
import { toast, toastError } from "../toast.ts";
import { VirtualRows } from "../virtual.ts";
import { LINES_MAX, readText, save } from "./download.ts";
import { LogFeed } from "./feed.ts";
import { ALL_LINES, isLevel, LEVELS, type LogFilter } from "./filter.ts";
import { markFound } from "./found.ts";
import { journal } from "./journal.ts";
import { logLine } from "./line.ts";

const LINE_PX = 20;
const OVERSCAN = 30; // lines may come faster than frames
const AHEAD = 100; // lines from the edge of what is at hand, there is more to be read
const SEARCH_MS = 250; // after the last key

export class LogView extends Element {
    static override properties = { filter: { attribute: false }, line: { attribute: false }, whose: { attribute: false } };
    /** Another one shows another log, or another part of it. */
    declare filter: LogFilter;
    /** A cursor: the line to begin at, and to mark. */
    declare line: string | null;
    /** One of its tools: of which task it is, where that can be chosen. */
    declare whose: TemplateResult | typeof nothing;
    #wraps = matchMedia("(max-width: 46rem)").matches;
    #goTo: "begin" | "end" | "line" | null = null; // as soon as it is there
    #searching: ReturnType<typeof setTimeout> | undefined;
    #download: { lines: number; stop: AbortController } | null = null;
    readonly #feed = new LogFeed(journal, () => this.requestUpdate());
    readonly #rows = new VirtualRows(this, {
        scroller: () => this.querySelector<HTMLElement>(".bw-log"),
        rowHeight: () => LINE_PX,
        keyOf: (index) => this.#feed.first + index,
        overscan: OVERSCAN,
        followsEnd: () => this.#feed.isAtEnd,
    });

    constructor() {
        super();
        this.filter = ALL_LINES;
        this.line = null;
        this.whose = nothing;
    }

    override connectedCallback(): void {
        super.connectedCallback();
        const undo = [
            client.onState((state) => state !== "offline" && this.#feed.retry()),
            addShortcuts([
                { keys: "/", says: "log.key.search", run: () => this.querySelector<HTMLInputElement>("input[type=search]")?.focus() },
                { keys: "p", says: "log.key.pause", run: () => this.#togglePause() },
                { keys: "w", says: "log.key.wrap", run: () => this.#toggleWrap() },
                { keys: "Home", says: "log.key.begin", run: () => this.#toBegin() },
                { keys: "End", says: "log.key.end", run: () => this.#toEnd() },
            ]),
            () => this.#download?.stop.abort(),
            () => clearTimeout(this.#searching),
            () => this.#feed.close(),
        ];
        for (const one of undo) this.whileConnected(one);
        if (this.hasUpdated) this.#open(); // it was taken out of the page, and put in again
    }

    protected override willUpdate(changed: PropertyValues): void {
        if (changed.has("filter") || (changed.has("line") && this.line !== null)) this.#open();
        this.#rows.setCount(this.#feed.lines.length);
    }

    #open(): void {
        this.#feed.open(this.filter, this.line);
        this.#goTo = this.line === null ? "end" : "line";
    }

    protected override updated(): void {
        const feed = this.#feed;
        const { items } = this.#rows;
        if (feed.isLost) {
            feed.isLost = false;
            toast(t("log.lost"));
        }
        markFound(this.querySelector(".bw-log-lines"), this.filter.q);
        if (!feed.isLoaded || feed.isReading || feed.error !== null) return;
        if (this.#goTo !== null) this.#go();
        else if ((items[0]?.index ?? 0) < AHEAD && !feed.isAtBegin) feed.older();
        else if ((items.at(-1)?.index ?? 0) >= feed.lines.length - AHEAD) feed.newer();
    }

    #go(): void {
        const at = this.#goTo === "line" ? this.#feed.lines.findIndex(({ cursor }) => cursor === this.line) : 0;
        if (at < 0) toast(t("log.lost"));
        else if (this.#goTo === "end") this.#rows.scrollToEnd();
        else this.#rows.scrollTo(at, this.#goTo === "line" ? "center" : "start");
        this.#goTo = null;
        this.requestUpdate();
    }

    // --- What is asked of it ----------------------------------------------------------------------

    readonly #scrolled = (): void => {
        const follows = this.#rows.isAtEnd;
        const feed = this.#feed;
        if (follows === feed.isFollowed) return;
        feed.isFollowed = follows;
        if (follows && feed.isAtEnd) feed.unseen = 0;
        this.requestUpdate();
    };

    #toEnd(): void {
        this.#feed.toEnd();
        this.#goTo = "end";
        this.requestUpdate();
    }

    #toBegin(): void {
        if (!this.#feed.isAtBegin) this.#feed.openBegin();
        this.#goTo = "begin";
        this.requestUpdate();
    }

    #togglePause(): void {
        if (this.#feed.isPaused) this.#toEnd();
        else this.#feed.pause();
    }

    #toggleWrap(): void {
        this.#wraps = !this.#wraps;
        this.#rows.remeasure();
        this.requestUpdate();
    }

    /** Whoever shows the log decides: the page has it in its address. */
    #setFilter(filter: LogFilter): void {
        this.line = null;
        this.filter = filter;
        this.dispatchEvent(new CustomEvent("bw-filter", { detail: filter }));
    }

    readonly #onLevel = (event: Event): void => {
        const { value } = event.target as HTMLSelectElement;
        if (isLevel(value)) this.#setFilter({ ...this.filter, level: value });
    };

    readonly #onSearch = (event: Event): void => {
        const q = (event.target as HTMLInputElement).value;
        clearTimeout(this.#searching);
        this.#searching = setTimeout(() => this.#setFilter({ ...this.filter, q }), SEARCH_MS);
    };

    readonly #save = async (): Promise<void> => {
        if (this.#download) {
            this.#download.stop.abort();
            return;
        }
        const { filter } = this;
        const stop = new AbortController();
        this.#download = { lines: 0, stop };
        try {
            const { file, isCut } = await readText(journal, filter, stop.signal, (lines) => {
                this.#download = { lines, stop };
                this.requestUpdate();
            });
            save(file, `${["bellwire", filter.taskId, new Date().toISOString().slice(0, 19)].filter(Boolean).join("-").replace(/[^\w.-]/g, "_")}.log`);
            if (isCut) toast(t("log.cut", { n: formatNumber(LINES_MAX, 0) }));
        } catch (error) {
            if (!stop.signal.aborted) toastError(error);
        }
        this.#download = null;
        this.requestUpdate();
    };

    // --- Drawing ----------------------------------------------------------------------------------

    protected override render(): TemplateResult {
        return html`${this.#renderTools()}
            <div class="bw-log-frame">
                <div class="bw-log ${this.#wraps ? "bw-wraps" : ""}" role="log" aria-live="off" aria-label=${t("task.log")}
                    aria-busy=${String(!this.#feed.isLoaded)} tabindex="0" @scroll=${this.#scrolled}>
                    <div class="bw-log-lines" ${css({ height: `${this.#rows.size}px` })}>${this.#renderLines()}</div>
                </div>
                ${this.#renderNote()}
            </div>`;
    }

    #renderTools(): TemplateResult {
        const { level, q } = this.filter;
        const { isPaused } = this.#feed;
        const button = (name: string, label: string, svg: string, run: () => void, pressed?: boolean): TemplateResult =>
            html`<button type="button" class="btn btn-line" data-log=${name} title=${label} aria-label=${label}
                aria-pressed=${pressed === undefined ? nothing : String(pressed)} @click=${run}>${icon(svg)}</button>`;
        return html`<div class="bw-log-tools">
            <label class="bw-search">${icon(search)}<input type="search" class="form-control" placeholder=${t("log.search")}
                aria-label=${t("log.search")} .value=${q} @input=${this.#onSearch}><kbd aria-hidden="true">/</kbd></label>
            ${this.whose}
            <select class="form-select" aria-label=${t("log.level")} @change=${this.#onLevel}>${LEVELS.map((one) =>
                html`<option value=${one} ?selected=${one === level}>${t(`log.level.${one}`)}</option>`)}</select>
            <label class="form-check"><input type="checkbox" class="form-check-input" .checked=${this.#wraps}
                @change=${() => this.#toggleWrap()}>${t("log.wrap")}</label>
            <span class="bw-log-buttons">
                ${button("begin", t("log.key.begin"), begin, () => this.#toBegin())}
                ${button("end", t("log.key.end"), end, () => this.#toEnd())}
                ${button("pause", t(isPaused ? "log.resume" : "log.pause"), isPaused ? play : pause, () => this.#togglePause(), isPaused)}
                ${this.#download
                    ? html`<button type="button" class="btn btn-line" data-log="download" @click=${this.#save}>${t("log.downloading", { n: formatNumber(this.#download.lines, 0) })}</button>`
                    : button("download", t("log.download"), download, () => void this.#save())}
            </span></div>`;
    }

    #renderLines(): unknown {
        const { lines, first } = this.#feed;
        const { taskId } = this.filter;
        return repeat(this.#rows.items, ({ key }) => key, ({ index, start }) => {
            const event = lines[index]!;
            return html`<div class="bw-log-line ${event.cursor === this.line ? "is-marked" : ""}" data-index=${index} data-number=${first + index}
                ${ref((row) => this.#rows.measure(row))} ${css({ transform: `translateY(${start}px)` })}>${
                guard([event, taskId], () => logLine(event, taskId))}</div>`;
        });
    }

    /** What is to be known of the lines that are not there. */
    #renderNote(): unknown {
        const { isLoaded, isReading, isPaused, isFollowed, lines, unseen, error } = this.#feed;
        const says = (key: Key): TemplateResult => html`<p class="bw-log-note" role="status">${t(key)}</p>`;
        if (error !== null) return html`<p class="bw-log-note" role="alert">${t("log.failed", { why: (error as Error).message })}
            <button type="button" class="btn btn-sm btn-line" @click=${() => this.#feed.retry()}>${t("tasks.again")}</button></p>`;
        if (!isLoaded) return says("log.loading");
        if (lines.length === 0) return says(isReading ? "log.searching" : this.filter.q || this.filter.level !== "debug" ? "log.none" : "log.empty");
        if (unseen === 0 && (isFollowed || !isPaused)) return isReading && this.filter.q ? says("log.searching") : nothing;
        return html`<button type="button" class="btn btn-primary btn-sm bw-log-newer" @click=${() => this.#toEnd()}>↓ ${
            unseen > 0 ? t("log.newer", { n: formatNumber(unseen, 0) }) : t("log.resume")}</button>`;
    }
}
customElements.define("bw-log-view", LogView);
