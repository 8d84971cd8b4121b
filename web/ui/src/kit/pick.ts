// A box in which something is chosen or typed, with what there is to choose from.
import { html, type TemplateResult } from "lit";

import { Element } from "./element.ts";

export interface Choice {
    readonly value: string;
    readonly label: string;
}

let boxes = 0;

export class PickBox extends Element {
    static override properties = { label: {}, placeholder: {} };
    declare label: string;
    declare placeholder: string;
    /** What begins with this, or has it. What it throws is no harm: what is typed can be taken all the same. */
    find: (typed: string) => Promise<readonly Choice[]> = async () => [];
    /** Chosen, or typed and confirmed; never empty. */
    onTake: (value: string) => void = () => {};
    /** Left by the keyboard or the mouse; empty if it was given up. */
    onLeave: (typed: string) => void = () => {};
    #choices: readonly Choice[] = [];
    #asked = 0;
    readonly #list = `choices-${++boxes}`;

    constructor() {
        super();
        this.label = this.placeholder = "";
    }

    override focus(): void {
        this.querySelector("input")?.focus();
    }

    async #complete(typed: string): Promise<void> {
        const asked = ++this.#asked;
        try {
            const choices = await this.find(typed);
            if (asked !== this.#asked) return;
            this.#choices = choices;
            this.requestUpdate();
        } catch {
            // As said above.
        }
    }

    #take(input: HTMLInputElement): void {
        const value = input.value.trim();
        this.#asked++;
        if (value) this.onTake(value);
    }

    readonly #onInput = (event: Event): void => {
        const input = event.target as HTMLInputElement;
        const { inputType } = event as InputEvent;
        // A choice of the list comes whole, not key by key.
        if (inputType === undefined || inputType === "insertReplacementText") this.#take(input);
        else void this.#complete(input.value);
    };

    readonly #onKey = (event: KeyboardEvent): void => {
        const input = event.target as HTMLInputElement;
        if (event.key === "Enter") {
            this.#take(input);
        } else if (event.key === "Escape") {
            input.value = "";
            input.blur();
        }
    };

    protected override render(): TemplateResult {
        return html`<input class="form-control" list=${this.#list} aria-label=${this.label} placeholder=${this.placeholder}
                autocomplete="off" spellcheck="false" @input=${this.#onInput} @keydown=${this.#onKey}
                @focus=${({ target }: Event) => void this.#complete((target as HTMLInputElement).value)}
                @blur=${({ target }: Event) => this.onLeave((target as HTMLInputElement).value.trim())}>
            <datalist id=${this.#list}>${this.#choices.map(({ value, label }) => html`<option value=${value}>${label}</option>`)}</datalist>`;
    }
}
customElements.define("bw-pick-box", PickBox);
