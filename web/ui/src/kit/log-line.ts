// One line of a log.
import type { BellwireEvent } from "bellwire";
import { html, type TemplateResult } from "lit";
import { ansiText } from "./ansi.ts";

const LEVELS: Readonly<Record<string, string>> = { warn: "warning", critical: "error", fatal: "error" };

/** debug, info, warning or error, whatever its producer calls it. */
export function levelOf({ data }: BellwireEvent): string {
    const level = String(data["level"] ?? "info").toLowerCase();
    const known = LEVELS[level] ?? level;
    return ["debug", "info", "warning", "error"].includes(known) ? known : "info";
}

function clock(timestamp: string): string {
    const time = new Date(timestamp);
    return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

export function logLine(event: BellwireEvent): TemplateResult {
    return html`<div class="bw-log-line" data-level=${levelOf(event)}><time datetime=${event.timestamp}>${clock(event.timestamp)}</time><span>${ansiText(event.message)}</span></div>`;
}
