// The filters by type, owner, resource and queue: what is set, and a box for one more with what
// there is to choose from.
import { html, nothing, type TemplateResult } from "lit";
import funnel from "bootstrap-icons/icons/funnel.svg?raw";
import x from "bootstrap-icons/icons/x.svg?raw";

import { Element } from "../../kit/element.ts";
import { icon } from "../../kit/icon.ts";
import { openMenu } from "../../kit/menu.ts";
import type { Choice, PickBox } from "../../kit/pick.ts";
import "../../kit/pick.ts";
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

    #set(facet: Facet, values: readonly string[]): void {
        this.onChange({ ...this.view, [facet]: values });
    }

    readonly #choose = ({ currentTarget }: Event): void => {
        openMenu(currentTarget as HTMLElement, t("tasks.filter"),
            () => FACETS.map((facet) => ({ label: t(`field.${facet}`), run: () => void this.#begin(facet) })));
    };

    async #begin(facet: Facet): Promise<void> {
        this.#adding = facet;
        this.requestUpdate();
        await this.updateComplete;
        this.querySelector<PickBox>("bw-pick-box")?.focus();
    }

    readonly #find = async (prefix: string): Promise<Choice[]> => {
        const { data } = await client.http.json<Values>("api/v1/tasks/values", { query: { field: this.#adding, prefix } });
        return data.values.map(({ value, count, count_exact }) =>
            ({ value, label: `${count}${count_exact === false ? "+" : ""}` }));
    };

    /** Empty: none after all. */
    readonly #take = (value: string): void => {
        const facet = this.#adding;
        this.#adding = null;
        this.requestUpdate();
        if (facet && value && !this.view[facet].includes(value)) this.#set(facet, [...this.view[facet], value]);
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
            <bw-pick-box label=${t(`field.${facet}`)} .find=${this.#find} .onTake=${this.#take}
                .onLeave=${this.#take}></bw-pick-box></label>`;
    }
}
customElements.define("bw-task-facets", TaskFacets);
