// All text that people read, in the language that they chose or that their browser asks for.
import { en } from "./en.ts";
import { zh } from "./zh.ts";

export type Key = keyof typeof en;
export type Words = Readonly<Record<Key, string>>;
export type Language = "en" | "zh";

const KEPT = "bellwire.language";
const all: Readonly<Record<Language, Words>> = { en, zh };
const listeners = new Set<() => void>();

export function chooseLanguage(kept: string | null, asked: readonly string[]): Language {
    if (kept === "en" || kept === "zh") return kept;
    const first = asked.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in all);
    return (first ?? "en") as Language;
}

let current = chooseLanguage(globalThis.localStorage?.getItem(KEPT) ?? null, globalThis.navigator?.languages ?? []);
if (globalThis.document) document.documentElement.lang = locale();

export function language(): Language {
    return current;
}

/** For Intl and the page's lang. */
export function locale(): string {
    return current === "zh" ? "zh-CN" : "en";
}

export function setLanguage(next: Language): void {
    current = next;
    localStorage.setItem(KEPT, next);
    document.documentElement.lang = locale();
    for (const listener of listeners) listener();
}

/** Calls back when the language changes, until the function returned is called. */
export function onLanguage(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** The text of a key; `{name}` in it becomes what `values` has under that name. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
    return all[current][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
