// Going from page to page without loading them anew.
const listeners = new Set<() => void>();

/** Calls back after the address changed, until the function returned is called. */
export function onNavigate(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function tell(): void {
    for (const listener of listeners) listener();
}

/** Goes there, as a link does. */
export function go(path: string): void {
    history.pushState(null, "", path);
    scrollTo(0, 0);
    tell();
}

/** The query of this address, changed in place: what a page shows can be shared, and Back leaves the page. */
export function setQuery(query: URLSearchParams): void {
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text ? `?${text}` : "") + location.hash);
}

globalThis.addEventListener?.("popstate", tell);
