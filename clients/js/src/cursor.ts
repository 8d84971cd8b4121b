// A cursor is `<epoch>.<seq>`, or "oldest". Only cursors of one epoch, that is of one journal, can be
// compared.
import type { Cursor } from "./types.ts";

export const epochOf = (cursor: Cursor): string => cursor.split(".")[0]!;

export const seqOf = (cursor: Cursor): number => Number(cursor.split(".")[1]);

export const isOtherEpoch = (a: Cursor, b: Cursor): boolean =>
    b !== "oldest" && epochOf(a) !== epochOf(b);

/** Whether `next` is beyond `cursor`; so is everything that cannot be compared with it. */
export const isAhead = (next: Cursor, cursor: Cursor | null): boolean =>
    cursor === null || cursor === "oldest" || isOtherEpoch(next, cursor) ||
    seqOf(next) > seqOf(cursor);

/** The place from which nothing is missed, whoever of these is asked. */
export const earliest = (those: Iterable<{ readonly cursor: Cursor | null }>): Cursor | null => {
    let least: Cursor | null = null;
    for (const { cursor } of those) {
        if (cursor === "oldest") return cursor;
        if (least === null || isAhead(least, cursor)) least = cursor;
    }
    return least;
};
