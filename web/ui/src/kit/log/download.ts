// A log as a file: what the filter lets through, from the first line that is kept.
import type { BellwireEvent } from "bellwire";

import { plainText } from "../ansi.ts";
import { levelOf, type LogFilter } from "./filter.ts";
import { taskOf } from "./line.ts";
import { LogReset, type LogSource } from "./source.ts";

/** Browsers hold the file in memory until it is saved. */
export const LINES_MAX = 1_000_000;
const PAGE_LINES = 1_000;

export function textLine(event: BellwireEvent): string {
    return `${event.timestamp} ${levelOf(event).toUpperCase().padEnd(7)} ${taskOf(event)} ${plainText(event.message)}\n`;
}

/** Reads it page by page, and tells how many lines there are so far. Cut: there are more than it may have. */
export async function readText(
    source: LogSource, filter: LogFilter, signal: AbortSignal, onProgress: (lines: number) => void, most = LINES_MAX,
): Promise<{ file: Blob; isCut: boolean }> {
    let parts: string[] = [];
    let after = "oldest", n = 0, more = true;
    while (more && n < most) {
        try {
            const page = await source.read(filter, { after }, PAGE_LINES, signal);
            parts.push(page.events.map(textLine).join(""));
            n += page.events.length;
            ({ more, cursor: after } = page);
        } catch (error) {
            if (!(error instanceof LogReset)) throw error;
            after = "oldest"; // lines left the journal meanwhile: it goes on with those that are kept
            if (error.isOtherJournal) [parts, n] = [[], 0];
        }
        onProgress(n);
    }
    return { file: new Blob(parts, { type: "text/plain;charset=utf-8" }), isCut: more };
}

/** As if somebody had clicked a link to it. */
export function save(file: Blob, name: string): void {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
