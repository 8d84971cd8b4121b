// <bellwire-log task-id="…" lines="1000">: what a task says, line by line. It follows the end until
// somebody scrolls up, and again when they are back at the end.
import type { BellwireEvent, Client } from "../index.ts";
import { BellwireElement, make } from "./base.ts";

const LINES = 1_000;
const LINES_MAX = 20_000;
const AT_END_PX = 24;
// Escape sequences of terminals, and control characters but tabs: a line is shown as plain text.
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)|[\x00-\x08\x0a-\x1f\x7f]/g;

export class BellwireLogElement extends BellwireElement {
    static readonly observedAttributes = ["task-id", "lines", "url"];
    readonly #log = make("div", "log", { role: "log", tabindex: "0", "aria-label": "Log" });
    #waiting: BellwireEvent[] = [];
    #isFollowing = true;

    constructor() {
        super();
        this.root.append(this.#log);
        this.#log.addEventListener("scroll", () => {
            const { scrollHeight, scrollTop, clientHeight } = this.#log;
            this.#isFollowing = scrollHeight - scrollTop - clientHeight < AT_END_PX;
        });
    }

    protected follow(client: Client): () => void {
        this.#waiting = [];
        this.#log.replaceChildren();
        const task_id = this.getAttribute("task-id");
        if (!task_id) return () => {};
        const subscription = client.subscribe("logs", { filter: { task_id }, after: "oldest" }, (event) => {
            this.#waiting.push(event);
            // A long log is not drawn to be thrown away.
            if (this.#waiting.length > 2 * this.#max) this.#waiting.splice(0, this.#max);
            this.changed();
        });
        return () => subscription.unsubscribe();
    }

    protected draw(): void {
        const events = this.#waiting.splice(0).slice(-this.#max);
        this.#log.append(...events.map((event) => lineOf(event)));
        while (this.#log.childElementCount > this.#max) this.#log.firstElementChild!.remove();
        if (this.#isFollowing) this.#log.scrollTop = this.#log.scrollHeight;
    }

    get #max(): number {
        const lines = Number(this.getAttribute("lines") ?? NaN);
        return lines > 0 ? Math.min(lines, LINES_MAX) : LINES;
    }
}

function lineOf({ message, data }: BellwireEvent): HTMLElement {
    const level = typeof data["level"] === "string" ? data["level"].toLowerCase() : "";
    const line = make("div", `line ${level}`);
    line.textContent = message.replace(ESCAPES, "");
    return line;
}
