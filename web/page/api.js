// REST, as the page uses it.

export class ApiError extends Error {
    constructor(status, problem) {
        super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
        this.status = status;
        this.code = problem?.code ?? null;
    }
}

export async function getJson(path, signal) {
    const response = await fetch(path, { signal, headers: { accept: "application/json" } });
    const body = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, body);
    return body;
}

// Members that are empty or missing are left out.
export function apiPath(path, query = {}) {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== null && value !== undefined && value !== "") search.set(name, value);
    }
    const text = search.toString();
    return `/api/v1/${path}${text ? `?${text}` : ""}`;
}

export const taskPath = (id, what = "") => `tasks/${encodeURIComponent(id)}${what}`;
