// One thing that is read from the server again and again: every few seconds, and sooner when asked for.

export const EVERY_MS = 5_000;

export class Reading<T> {
    value: T | null = null;
    /** It was not answered; the value is what was read last. */
    isLate = false;
    readonly #from: (signal: AbortSignal) => Promise<T>;
    readonly #told: () => void;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #due = Infinity;
    #current: AbortController | null = null; // one read at a time, however slow the server is
    #isClosed = false;

    constructor(told: () => void, from: (signal: AbortSignal) => Promise<T>) {
        this.#told = told;
        this.#from = from;
        this.in(0);
    }

    /** Reads after so long, if it would not do so before. */
    in(ms: number): void {
        const due = performance.now() + ms;
        if (due >= this.#due) return;
        this.#due = due;
        this.#arm();
    }

    /** Something else is to be read, at once; until it is there the value stays. */
    anew(): void {
        this.#current?.abort();
        this.in(0);
    }

    close(): void {
        this.#isClosed = true;
        clearTimeout(this.#timer);
        this.#current?.abort();
    }

    #arm(): void {
        clearTimeout(this.#timer);
        if (this.#current || this.#isClosed) return;
        this.#timer = setTimeout(() => void this.#read(), Math.max(0, this.#due - performance.now()));
    }

    async #read(): Promise<void> {
        const { signal } = this.#current = new AbortController();
        this.#due = performance.now() + EVERY_MS;
        try {
            if (this.value === null || !globalThis.document?.hidden) {
                const value = await this.#from(signal);
                if (!signal.aborted) this.value = value;
            }
            this.isLate = false;
        } catch {
            this.isLate = !signal.aborted;
        }
        this.#current = null;
        if (this.#isClosed) return;
        this.#told();
        this.#arm();
    }
}
