// Which lines of a log are shown, as the server would say.
import type { BellwireEvent } from "bellwire";

export const LEVELS = ["debug", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface LogFilter {
    /** Whose log; null: that of all tasks. */
    readonly taskId: string | null;
    readonly level: Level;
    /** A part of the text; the case of a to z does not matter. */
    readonly q: string;
}

export const ALL_LINES: LogFilter = { taskId: null, level: "debug", q: "" };

const ALIASES: Readonly<Record<string, Level>> =
    { trace: "debug", debug: "debug", warning: "warning", warn: "warning", error: "error", critical: "error", fatal: "error" };

/** Whatever its producer calls it; what nobody knows counts as info. */
export function levelOf({ data }: BellwireEvent): Level {
    return ALIASES[String(data["level"]).toLowerCase()] ?? "info";
}

const folded = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Of the same log, that is: the task is not looked at. */
export function matches(filter: LogFilter, event: BellwireEvent): boolean {
    return LEVELS.indexOf(levelOf(event)) >= LEVELS.indexOf(filter.level) &&
        (filter.q === "" || folded(event.message).includes(folded(filter.q)));
}

/** For the API; `task_id` is one more name than the address of one task's log would need. */
export function queryOf({ taskId, level, q }: LogFilter): Record<string, string | null> {
    return { task_id: taskId, level: level === "debug" ? null : level, q: q || null };
}

export function isLevel(value: string): value is Level {
    return (LEVELS as readonly string[]).includes(value);
}
