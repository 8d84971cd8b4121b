// Numbers and times as people read them.

const FINAL = new Set(["completed", "failed", "cancelled", "timeout"]);
export const isFinal = (status) => FINAL.has(status);

const count = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export const formatCount = (n) => count.format(n);
export const formatNumber = (n) => short.format(n);

// Rounds down: 99.96 % is not done, and must not look as if it were.
export function formatPercent(progress) {
    const floor = Math.floor((progress ?? 0) * 10) / 10;
    return `${floor >= 100 || Number.isInteger(floor) ? Math.floor(floor) : floor.toFixed(1)} %`;
}

export function formatDuration(seconds) {
    const s = Math.max(0, Math.round(seconds));
    const two = (n) => String(n).padStart(2, "0");
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} m ${two(s % 60)} s`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} m`;
    return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

// The server's clock decides what "now" is: a page on a machine whose clock is off still says
// "3 s ago". Set from the server's own time whenever it tells it.
let skewMs = 0;
export function setServerTime(iso) {
    const server = Date.parse(iso);
    if (!Number.isNaN(server)) skewMs = server - Date.now();
}
export const serverNow = () => Date.now() + skewMs;

export function formatAgo(iso) {
    if (!iso) return "";
    const s = (serverNow() - Date.parse(iso)) / 1000;
    if (s < 2) return "now";
    if (s < 60) return `${Math.floor(s)} s ago`;
    if (s < 3600) return `${Math.floor(s / 60)} min ago`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
    return `${Math.floor(s / 86400)} d ago`;
}

// What is left now of an estimate that was made when the row was last updated.
export function remaining(task) {
    if (task.eta_s === null || task.eta_s === undefined || isFinal(task.status)) return null;
    if (task.status === "paused" || !task.updated_at) return task.eta_s;
    return Math.max(0, task.eta_s - Math.max(0, serverNow() - Date.parse(task.updated_at)) / 1000);
}

export function formatEta(task) {
    const left = remaining(task);
    return left === null ? "" : formatDuration(left);
}
