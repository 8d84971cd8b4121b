// Which tasks are selected: single ones, or all that match the filters, whoever they are by then.
export class Selection {
    #ids = new Set<string>();
    #isAll = false;
    /** Where a range begins. */
    #anchor: string | null = null;

    /** All that match: also those that were never read. */
    get isAll(): boolean {
        return this.#isAll;
    }

    get ids(): readonly string[] {
        return [...this.#ids];
    }

    get isEmpty(): boolean {
        return !this.#isAll && this.#ids.size === 0;
    }

    has(id: string): boolean {
        return this.#isAll || this.#ids.has(id);
    }

    /** Of all that match, those that are in the list stay when one of them is taken out. */
    toggle(id: string, order: readonly string[]): void {
        this.#anchor = id;
        if (this.#isAll) this.#ids = new Set(order);
        this.#isAll = false;
        if (!this.#ids.delete(id)) this.#ids.add(id);
    }

    /** From the last one that was clicked to this one, in the list's order. */
    extend(id: string, order: readonly string[]): void {
        const [from, to] = [order.indexOf(this.#anchor ?? id), order.indexOf(id)];
        if (from < 0 || to < 0) return this.toggle(id, order);
        this.#isAll = false;
        for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#ids.add(one);
    }

    add(ids: Iterable<string>): void {
        this.#isAll = false;
        for (const id of ids) this.#ids.add(id);
    }

    selectAll(): void {
        this.clear();
        this.#isAll = true;
    }

    /** It is not there any more. */
    drop(id: string): void {
        this.#ids.delete(id);
    }

    clear(): void {
        this.#ids.clear();
        this.#isAll = false;
        this.#anchor = null;
    }
}
