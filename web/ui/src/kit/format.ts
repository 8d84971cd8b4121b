// Numbers and times as people read them, in their language.
import { isFinal, type Task } from "bellwire";
import { locale, t } from "../words/words.ts";

const SECOND = 1, MINUTE = 60, HOUR = 3600, DAY = 86_400;

export function formatNumber(n: number, digits = 1): string {
    return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(n);
}

/** Rounded down: 99.96 % is not done, and must not look as if it were. */
export function formatPercent(progress: number): string {
    return `${formatNumber(Math.floor(progress * 10) / 10)} %`;
}

export function formatDuration(seconds: number): string {
    const s = Math.max(0, Math.round(seconds));
    const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
    if (s < MINUTE) return t("time.s", { s });
    if (s < HOUR) return t("time.m", { m: Math.floor(s / MINUTE), s: two(s % MINUTE) });
    if (s < DAY) return t("time.h", { h: Math.floor(s / HOUR), m: two((s % HOUR) / MINUTE) });
    return t("time.d", { d: Math.floor(s / DAY), h: Math.floor((s % DAY) / HOUR) });
}

export function formatAgo(iso: string | null, now = Date.now()): string {
    if (!iso) return "";
    const s = (now - Date.parse(iso)) / 1000;
    if (s < 2) return t("time.now");
    const [n, unit] = s < MINUTE ? [s / SECOND, "second"] as const : s < HOUR ? [s / MINUTE, "minute"] as const
        : s < DAY ? [s / HOUR, "hour"] as const : [s / DAY, "day"] as const;
    return new Intl.RelativeTimeFormat(locale(), { numeric: "always", style: "short" }).format(-Math.floor(n), unit);
}

/** The day only if it is not today's. */
export function formatTime(iso: string | null, now = new Date()): string {
    if (!iso) return "";
    const date = new Date(iso);
    const isToday = date.toDateString() === now.toDateString();
    return new Intl.DateTimeFormat(locale(), {
        ...(isToday ? {} : { month: "short", day: "numeric" }),
        ...(date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
        hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    }).format(date);
}

/** Of a task that has begun: until now, or until it ended. */
export function formatElapsed(task: Task, now = Date.now()): string {
    if (!task.started_at) return "";
    const end = task.finished_at ? Date.parse(task.finished_at) : now;
    return formatDuration((end - Date.parse(task.started_at)) / 1000);
}

/** What is left now of an estimate that was made when the row was updated last. */
export function formatEta(task: Task, now = Date.now()): string {
    if (task.eta_s === null || isFinal(task.status)) return "";
    const since = task.status === "paused" || !task.updated_at ? 0 : Math.max(0, now - Date.parse(task.updated_at)) / 1000;
    return formatDuration(Math.max(0, task.eta_s - since));
}

/** Units, or per cent where there are none, in the shortest time in which there is one. */
export function formatRate(task: Task): string {
    if (!task.rate || isFinal(task.status)) return "";
    const hasUnits = task.total_units !== null || task.completed_units !== null;
    const [per, seconds] = task.rate >= 1 ? ["rate.s", SECOND] as const
        : task.rate * MINUTE >= 1 ? ["rate.min", MINUTE] as const : ["rate.h", HOUR] as const;
    return t(per, { n: `${formatNumber(task.rate * seconds)}${hasUnits ? "" : " %"}` });
}

export function formatUnits(task: Task): string {
    if (task.total_units) return t("units.of", { n: formatNumber(task.completed_units ?? 0), total: formatNumber(task.total_units) });
    return task.completed_units ? formatNumber(task.completed_units) : "";
}
