// What a new reading of the list's beginning does to what is known of it.
import type { Task } from "bellwire";

import { isBefore, type Sort } from "./view.ts";

export interface Page {
    items: readonly Task[];
    /** Where the next page begins; null on the last. */
    next: string | null;
}

/**
 * The ids in their new order: what was read, then what was known to come after it. Who is not in the
 * reading though it would lie within has gone: deleted, moved, or it does not match any more.
 */
export function mergeHead(
    ids: readonly string[], rowOf: (id: string) => Task | undefined, page: Page, sort: Sort,
): string[] {
    const read = page.items.map(({ id }) => id);
    const last = page.items.at(-1);
    if (page.next === null || !last) return read;
    const known = new Set(read);
    for (const id of ids) {
        const row = rowOf(id);
        if (row && !known.has(id) && !isBefore(sort, row, last)) read.push(id);
    }
    return read;
}

/** Whether what is known of the list goes on where the page ends: else there may be tasks between. */
export function joinsKnown(rowOf: (id: string) => Task | undefined, page: Page, sort: Sort): boolean {
    const last = page.items.at(-1), known = last && rowOf(last.id);
    return known !== undefined && !isBefore(sort, known, last!) && !isBefore(sort, last!, known);
}

/** How many of the page were not known. */
export const countNew = (ids: ReadonlySet<string>, page: Page): number =>
    page.items.filter(({ id }) => !ids.has(id)).length;
