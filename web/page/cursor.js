// A cursor is `<epoch>.<seq>`. To the page it is a place to go on from; the number in it is the
// version of whatever was changed there, and it only counts within one epoch.

export function seqOf(cursor) {
    const dot = cursor.indexOf(".");
    return Number(cursor.slice(dot + 1));
}

export const epochOf = (cursor) => cursor.slice(0, cursor.indexOf("."));

export const makeCursor = (epoch, seq) => `${epoch}.${seq}`;

// Whether `next` is beyond `cursor`. Another epoch is another journal: it is never "before".
export function isAhead(next, cursor) {
    return cursor === null || epochOf(next) !== epochOf(cursor) || seqOf(next) > seqOf(cursor);
}
