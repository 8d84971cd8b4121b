// A task in words, the same in every component.
import { isFinal, type Task } from "./types.ts";

type Known = Task | null | undefined;

export const titleOf = (task: Known, id: string): string => task?.title ?? id;

export const percentOf = (task: Known): string => task ? `${Math.floor(task.progress)} %` : "";

const UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]] as const;

/** The time left, in its two largest units; empty where it is not known. */
export function remainingOf(task: Known): string {
    if (!task || task.eta_s === null || isFinal(task.status)) return "";
    let rest = Math.max(1, Math.round(task.eta_s));
    const parts: string[] = [];
    for (const [seconds, name] of UNITS) {
        const n = Math.floor(rest / seconds);
        rest -= n * seconds;
        if (n > 0) parts.push(`${n} ${name}`);
        else if (parts.length > 0) break;
        if (parts.length === 2) break;
    }
    return parts.join(" ");
}
