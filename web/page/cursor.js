// A cursor is `<epoch>.<seq>`. To the page it is a place to go on from; the number in it is the
// version of whatever was changed there, and it only counts within one epoch.

export function seqOf(cursor) {
    const dot = cursor.indexOf(".");
    return Number(cursor.slice(dot + 1));
}

const epochOf = (cursor) => cursor.slice(0, cursor.indexOf("."));

// Another epoch is another journal: nothing known of the one holds in the other.
export function isOtherEpoch(next, cursor) {
    return cursor !== null && epochOf(next) !== epochOf(cursor);
}

// Whether `next` is beyond `cursor`, or cannot be compared with it.
export function isAhead(next, cursor) {
    return cursor === null || isOtherEpoch(next, cursor) || seqOf(next) > seqOf(cursor);
}
