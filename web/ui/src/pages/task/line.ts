// The line of a chart in bounded memory: a task may report for days.

/** Times in seconds, as uPlot wants them, and values. */
export type Points = readonly [readonly number[], readonly number[]];

/**
 * At most `max` points. When there are more, of every four in a row only the lowest and the highest stay: more than a
 * screen has columns, and no peak is lost. The first and the last point always stay.
 */
export class Line {
    readonly #max: number;
    #x: number[] = [];
    #y: number[] = [];

    constructor(max = 4_000) {
        this.#max = max;
    }

    /** A new pair after every call, so that who draws it sees a change. */
    get points(): Points {
        return [this.#x, this.#y];
    }

    push(x: number, y: number): void {
        this.#x.push(x);
        this.#y.push(y);
        if (this.#x.length > this.#max) this.#thin();
    }

    clear(): void {
        this.#x = [];
        this.#y = [];
    }

    #thin(): void {
        const y = this.#y, last = y.length - 1;
        const stay = new Set([0, last]);
        for (let from = 0; from <= last; from += 4) {
            let low = from, high = from;
            for (let i = from + 1; i < from + 4 && i <= last; i++) {
                if (y[i]! < y[low]!) low = i;
                if (y[i]! >= y[high]!) high = i;
            }
            stay.add(low).add(high);
        }
        this.#x = this.#x.filter((_, i) => stay.has(i));
        this.#y = y.filter((_, i) => stay.has(i));
    }
}
