// What a log is read from.
import type { BellwireEvent } from "bellwire";

import type { LogFilter } from "./filter.ts";

export interface LogPage {
    /** Oldest first. */
    events: BellwireEvent[];
    /** Whether there are more, on the side to which it was read. */
    more: boolean;
    /** Read backwards: what is before this page is read there; null: nothing. */
    earlier: string | null;
    /** Read forwards: what is behind it. */
    cursor: string;
}

/** The place is of another journal, or not kept any more. */
export class LogReset extends Error {
    readonly isOtherJournal: boolean;

    constructor(isOtherJournal: boolean) {
        super("the log was read anew");
        this.isOtherJournal = isOtherJournal;
    }
}

export interface LogSource {
    /** Rejects with LogReset, or with what went wrong. */
    read(filter: LogFilter, place: { after: string } | { before: string }, limit: number, signal: AbortSignal): Promise<LogPage>;
    /** Every line of that log after the cursor, whatever else the filter says; until the function returned is called. */
    follow(filter: LogFilter, after: string, onLine: (event: BellwireEvent) => void, onReset: () => void): () => void;
}
