// Which address shows which page. Pages are loaded when they are first looked at.
export interface Route {
    /** The element that is the page. */
    readonly tag: string;
    readonly nav: "overview" | "tasks" | "logs";
    readonly load: () => Promise<unknown>;
    readonly args: Readonly<Record<string, string>>;
}

const overview = (): Omit<Route, "args"> =>
    ({ tag: "bw-overview-page", nav: "overview", load: () => import("../pages/overview/page.ts") });
const tasks = (): Omit<Route, "args"> =>
    ({ tag: "bw-tasks-page", nav: "tasks", load: () => import("../pages/tasks/page.ts") });
const task = (): Omit<Route, "args"> =>
    ({ tag: "bw-task-page", nav: "tasks", load: () => import("../pages/task/page.ts") });
const logs = (): Omit<Route, "args"> =>
    ({ tag: "bw-logs-page", nav: "logs", load: () => import("../pages/logs/page.ts") });

/** The server answers each of these with index.html; any other path is a 404 before we are asked. */
const table: readonly [RegExp, () => Omit<Route, "args">][] = [
    [/^\/(index\.html)?$/, overview],
    [/^\/tasks(\.html)?$/, tasks],
    [/^\/tasks\/(?<id>[^/]+)$/, task],
    [/^\/logs(\.html)?$/, logs],
];

export function routeOf(path: string): Route {
    for (const [pattern, make] of table) {
        const found = pattern.exec(path);
        if (!found) continue;
        const args = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
        return { ...make(), args: Object.fromEntries(args) as Record<string, string> };
    }
    return { ...overview(), args: {} };
}
