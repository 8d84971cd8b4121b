// From what the server kept to what a chart draws.
import type { History } from "./readings.ts";

/** x in seconds since 1970, then a list for each line; null where nothing was measured. */
export type Lines = readonly (readonly (number | null)[])[];

/** The times of all steps; as far back as the whole span, so that a young server shows how young it is. */
export function timesOf(history: History): number[] {
    const end = history.end ? Date.parse(history.end) / 1000 : 0;
    return Array.from({ length: history.points }, (_, i) => end - (history.points - 1 - i) * history.step_s);
}

/** Counts in a step as counts in a second. */
export function perSecond(history: History, name: string): (number | null)[] {
    return (history.series[name] ?? []).map((n) => (n === null ? null : n / history.step_s));
}

/** How many of these there were in the minute that ends with each step; in a longer step, in one of its minutes. */
export function perMinute(history: History, names: readonly string[]): (number | null)[] {
    const steps = Math.max(1, Math.round(60 / history.step_s));
    const sums = sumOf(names.map((name) => history.series[name] ?? []));
    return sums.map((n, i) => {
        if (n === null) return null;
        const minute = sums.slice(Math.max(0, i + 1 - steps), i + 1).reduce<number>((sum, one) => sum + (one ?? 0), 0);
        return (minute * 60) / (steps * history.step_s);
    });
}

function sumOf([first = [], ...others]: readonly (readonly (number | null)[])[]): (number | null)[] {
    return first.map((n, i) => (n === null ? null : others.reduce((sum, points) => sum + (points[i] ?? 0), n)));
}

/** More than nothing: what is faster than the clock tells has no place on a scale of powers. */
export function milliseconds(history: History, name: string): (number | null)[] {
    return (history.series[name] ?? []).map((us) => (us === null ? null : Math.max(us, 1) / 1000));
}
