// Dark or light: the system's, until somebody chooses. public/theme.js sets it before anything is drawn.
const KEPT = "bellwire.theme";
const listeners = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");

function set(theme: string): void {
    document.documentElement.dataset["bsTheme"] = theme;
    for (const listener of listeners) listener();
}

export function isDark(): boolean {
    return document.documentElement.dataset["bsTheme"] === "dark";
}

export function toggleTheme(): void {
    const next = isDark() ? "light" : "dark";
    localStorage.setItem(KEPT, next);
    set(next);
}

/** Calls back when it changes, until the function returned is called: what is drawn on a canvas has colours of its own. */
export function onTheme(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

system.addEventListener("change", () => {
    if (!localStorage.getItem(KEPT)) set(system.matches ? "dark" : "light");
});
