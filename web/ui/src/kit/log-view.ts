// The log of one task: its end first, older lines on request, new ones as they come. It follows the end until
// somebody scrolls up, and then moves nothing under their eyes; new lines are kept for them up to a bound, and read
// from the server beyond it.
import type { BellwireEvent, Subscription } from "bellwire";
import { html, type PropertyValues, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../words/words.ts";
import { client } from "../wire.ts";
import { Element } from "./element.ts";
import { logLine } from "./log-line.ts";
import { toastError } from "./toast.ts";

const LINES_MAX = 5_000;
const END_LINES = 500; // of a log that is opened …
const OLDER_LINES = 1_000; // … and more at each request
const AT_END_PX = 32;
const LEVELS = ["debug", "info", "warning", "error"] as const;

export class LogView extends Element {
    static override properties = { taskId: { attribute: false } };
    declare taskId: string;
    #shown: string | null = null;
    #lines: BellwireEvent[] = [];
    #earlier: string | null = null; // where what is before the first line is read
    #level: (typeof LEVELS)[number] = "debug";
    #wraps = true;
    #follows = true;
    #unseen = 0;
    #subscription: Subscription | null = null;
    #load = new AbortController();

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        this.#leave();
    }

    #leave(): void {
        this.#load.abort();
        this.#subscription?.unsubscribe();
        this.#subscription = null;
        this.#shown = null;
    }

    protected override willUpdate(): void {
        if (this.taskId === this.#shown) return;
        this.#leave();
        this.#shown = this.taskId;
        void this.#open();
    }

    async #page(before: string, limit: number): Promise<{ events: BellwireEvent[]; cursor: string }> {
        const { data, cursor } = await client.http.json<{ events: BellwireEvent[]; earlier?: string }>(
            `api/v1/tasks/${encodeURIComponent(this.taskId)}/logs`,
            { query: { before, limit, level: this.#level === "debug" ? "" : this.#level }, signal: this.#load.signal });
        this.#earlier = data.earlier ?? null;
        return { events: data.events, cursor };
    }

    async #open(): Promise<void> {
        this.#load = new AbortController();
        const { signal } = this.#load;
        this.#lines = [];
        this.#follows = true;
        try {
            const { events, cursor } = await this.#page("latest", END_LINES);
            this.#lines = events;
            this.#subscription = client.subscribe("logs", {
                filter: { task_id: this.taskId }, after: cursor, onReset: () => this.#again(),
            }, (event) => this.#take(event));
        } catch (error) {
            if (!signal.aborted) toastError(error);
        }
        this.requestUpdate();
    }

    #again(): void {
        this.#leave();
        this.requestUpdate();
    }

    #take(event: BellwireEvent): void {
        const level = LEVELS.indexOf((event.data["level"] ?? "info") as (typeof LEVELS)[number]);
        if (level >= 0 && level < LEVELS.indexOf(this.#level)) return;
        this.requestUpdate();
        if (!this.#follows) this.#unseen++;
        if (!this.#follows && this.#unseen > LINES_MAX) return;
        this.#lines.push(event);
        if (this.#follows && this.#lines.length > LINES_MAX) this.#trim();
    }

    #trim(): void {
        const gone = this.#lines.splice(0, this.#lines.length - LINES_MAX + END_LINES);
        this.#earlier = gone.length > 0 ? this.#lines[0]!.cursor : this.#earlier;
    }

    async #older(): Promise<void> {
        if (!this.#earlier) return;
        const box = this.querySelector<HTMLElement>(".bw-log")!;
        try {
            const { events } = await this.#page(this.#earlier, OLDER_LINES);
            const height = box.scrollHeight;
            this.#lines = [...events, ...this.#lines];
            this.requestUpdate();
            await this.updateComplete;
            box.scrollTop += box.scrollHeight - height;
        } catch (error) {
            toastError(error);
        }
    }

    #scrolled = (event: Event): void => {
        const box = event.currentTarget as HTMLElement;
        const follows = box.scrollHeight - box.clientHeight - box.scrollTop < AT_END_PX;
        if (follows === this.#follows) return;
        if (follows) this.#toEnd();
        else this.#follows = false;
        this.requestUpdate();
    };

    #toEnd = (): void => {
        const isMissing = this.#unseen > LINES_MAX;
        this.#follows = true;
        this.#unseen = 0;
        if (isMissing) this.#again();
        this.requestUpdate();
    };

    protected override updated(_changed: PropertyValues): void {
        const box = this.querySelector<HTMLElement>(".bw-log");
        if (box && this.#follows) box.scrollTop = box.scrollHeight;
    }

    #setLevel = (event: Event): void => {
        this.#level = (event.target as HTMLSelectElement).value as (typeof LEVELS)[number];
        this.#again();
    };

    protected override render(): TemplateResult {
        return html`
            <div class="bw-log-tools">
                <label><span class="visually-hidden">${t("log.level")}</span>
                    <select class="form-select form-select-sm" @change=${this.#setLevel}>${LEVELS.map((level) =>
                        html`<option value=${level} ?selected=${level === this.#level}>${t(`log.level.${level}`)}</option>`)}</select></label>
                <label class="form-check"><input type="checkbox" class="form-check-input" .checked=${this.#wraps}
                    @change=${() => { this.#wraps = !this.#wraps; this.requestUpdate(); }}>${t("log.wrap")}</label>
            </div>
            <div class="bw-log-frame">
                <div class="bw-log ${this.#wraps ? "bw-wraps" : ""}" role="log" aria-label=${t("task.log")} tabindex="0" @scroll=${this.#scrolled}>
                    ${this.#earlier ? html`<button type="button" class="btn btn-sm bw-log-older" @click=${() => void this.#older()}>${t("log.older")}</button>` : ""}
                    ${this.#lines.length === 0 ? html`<p class="bw-log-empty">${t("log.empty")}</p>` : ""}
                    ${repeat(this.#lines, ({ cursor }) => cursor, (event) => guard([event], () => logLine(event)))}
                </div>
                ${this.#unseen > 0 ? html`<button type="button" class="btn btn-primary btn-sm bw-log-newer" @click=${this.#toEnd}>↓ ${t("log.newer", { n: this.#unseen })}</button>` : ""}
            </div>`;
    }
}
customElements.define("bw-log-view", LogView);
