// The filters by type, owner, resource and queue: what is set, and a box for one more with what
// there is to choose from.
import { html, nothing, type TemplateResult } from "lit";
import funnel from "bootstrap-icons/icons/funnel.svg?raw";
import x from "bootstrap-icons/icons/x.svg?raw";

import { Element } from "../../kit/element.ts";
import { icon } from "../../kit/icon.ts";
import { openMenu } from "../../kit/menu.ts";
import { client } from "../../wire.ts";
import { t } from "../../words/words.ts";
import { type Facet, FACETS, type View } from "./view.ts";

interface Values {
    values: readonly { value: string; count: number; count_exact?: boolean }[];
    more: boolean;
}

export class TaskFacets extends Element {
    static override properties = { view: { attribute: false } };
    declare view: View;
    /** Tells another view. */
    onChange: (view: View) => void = () => {};
    #adding: Facet | null = null;
    #choices: Values["values"] = [];
    #asked = 0;

    #set(facet: Facet, values: readonly string[]): void {
        this.onChange({ ...this.view, [facet]: values });
    }

    readonly #choose = ({ currentTarget }: Event): void => {
        openMenu(currentTarget as HTMLElement, t("tasks.filter"),
            () => FACETS.map((facet) => ({ label: t(`field.${facet}`), run: () => void this.#begin(facet) })));
    };

    async #begin(facet: Facet): Promise<void> {
        this.#adding = facet;
        this.#choices = [];
        this.requestUpdate();
        await this.updateComplete;
        this.querySelector<HTMLInputElement>(".bw-facet-input")?.focus();
        await this.#complete("");
    }

    async #complete(prefix: string): Promise<void> {
        const asked = ++this.#asked;
        try {
            const { data } = await client.http.json<Values>("api/v1/tasks/values",
                { query: { field: this.#adding, prefix } });
            if (asked !== this.#asked) return;
            this.#choices = data.values;
            this.requestUpdate();
        } catch {
            // What is typed can be taken all the same.
        }
    }

    #take(value: string): void {
        const facet = this.#adding;
        this.#adding = null;
        this.#asked++;
        this.requestUpdate();
        if (facet && value && !this.view[facet].includes(value)) this.#set(facet, [...this.view[facet], value]);
    }

    readonly #onInput = (event: Event): void => {
        const { value } = event.target as HTMLInputElement;
        // A choice of the list comes whole, not key by key.
        if ((event as InputEvent).inputType === undefined || (event as InputEvent).inputType === "insertReplacementText") {
            this.#take(value);
        } else {
            void this.#complete(value);
        }
    };

    readonly #onKey = (event: KeyboardEvent): void => {
        if (event.key === "Enter") this.#take((event.target as HTMLInputElement).value.trim());
        else if (event.key === "Escape") this.#take("");
    };

    protected override render(): TemplateResult {
        return html`
            ${FACETS.flatMap((facet) => this.view[facet].map((value) => html`
                <span class="bw-facet"><span>${t(`field.${facet}`)}: <b>${value}</b></span><button type="button"
                    class="btn btn-icon" aria-label=${t("tasks.unfilter", { name: t(`field.${facet}`), value })}
                    @click=${() => this.#set(facet, this.view[facet].filter((one) => one !== value))}>${icon(x)}</button></span>`))}
            ${this.#adding ? this.#renderInput(this.#adding) : nothing}
            <button type="button" class="btn btn-line" id="add-filter" aria-haspopup="menu"
                @click=${this.#choose}>${icon(funnel)} ${t("tasks.filter")}</button>`;
    }

    #renderInput(facet: Facet): TemplateResult {
        return html`<label class="bw-facet is-new"><span>${t(`field.${facet}`)}:</span>
            <input class="bw-facet-input" list="facet-values" autocomplete="off" spellcheck="false"
                @input=${this.#onInput} @keydown=${this.#onKey}
                @blur=${(event: Event) => this.#take((event.target as HTMLInputElement).value.trim())}>
            <datalist id="facet-values">${this.#choices.map(({ value, count, count_exact }) => html`
                <option value=${value}>${count}${count_exact === false ? "+" : ""}</option>`)}</datalist></label>`;
    }
}
customElements.define("bw-task-facets", TaskFacets);
