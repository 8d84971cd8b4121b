// Something that is done later, once; asked for again, it is done at the sooner of both times.
export class Alarm {
    readonly #run: () => void;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #due = Infinity;

    constructor(run: () => void) {
        this.#run = run;
    }

    in(ms: number): void {
        const due = Date.now() + ms;
        if (due >= this.#due) return;
        clearTimeout(this.#timer);
        this.#due = due;
        this.#timer = setTimeout(() => {
            this.#due = Infinity;
            this.#run();
        }, ms);
    }

    cancel(): void {
        clearTimeout(this.#timer);
        this.#due = Infinity;
    }
}
