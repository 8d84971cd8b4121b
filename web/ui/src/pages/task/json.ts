// A JSON document: indented, each object and array foldable, copied whole.
import { html, type TemplateResult } from "lit";
import { copyButton } from "../../kit/copy.ts";

const OPEN_DEPTH = 2; // deeper ones begin folded
const SHOWN_MAX = 200; // of one object or array; the copy has all

function line(key: string | null, value: TemplateResult | string): TemplateResult {
    return html`<div class="bw-json-line">${key === null ? "" : html`<span class="bw-json-key">${key}</span>: `}${value}</div>`;
}

function node(key: string | null, value: unknown, depth: number): TemplateResult {
    if (typeof value !== "object" || value === null) {
        return line(key, html`<span class="bw-json-${value === null ? "null" : typeof value}">${JSON.stringify(value)}</span>`);
    }
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    const entries = Object.entries(value);
    if (entries.length === 0) return line(key, `${open}${close}`);
    return html`<details class="bw-json-node" ?open=${depth < OPEN_DEPTH}>
        <summary>${key === null ? "" : html`<span class="bw-json-key">${key}</span>: `}${open}<span class="bw-quiet"> ${entries.length} </span>${close}</summary>
        ${entries.slice(0, SHOWN_MAX).map(([name, inner]) => node(Array.isArray(value) ? null : name, inner, depth + 1))}
        ${entries.length > SHOWN_MAX ? line(null, `… ${entries.length - SHOWN_MAX}`) : ""}
    </details>`;
}

export function jsonBlock(value: unknown): TemplateResult {
    return html`<div class="bw-json">${copyButton(() => JSON.stringify(value, null, 2))}${node(null, value, 0)}</div>`;
}
