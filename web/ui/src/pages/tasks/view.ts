// What the list shows: its filters, its search, its order; in the address, so that it can be shared.
import type { Status, Task } from "bellwire";
import { joinValues, splitValues } from "bellwire/values";

export const STATUSES: readonly Status[] =
    ["running", "pending", "paused", "completed", "failed", "cancelled", "timeout"];
/** The fields with an autocompletion of their own. */
export const FACETS = ["type", "owner", "resource", "queue"] as const;
export type Facet = (typeof FACETS)[number];
export const SORTS = ["-created_at", "created_at", "-updated_at", "updated_at"] as const;
export type Sort = (typeof SORTS)[number];

export type View = Readonly<
    { status: readonly Status[]; q: string; sort: Sort } & Record<Facet, readonly string[]>>;

export const EVERYTHING: View =
    { status: [], type: [], owner: [], resource: [], queue: [], q: "", sort: "-created_at" };

const isOneOf = <T extends string>(all: readonly T[], value: string): value is T =>
    (all as readonly string[]).includes(value);

/** What an address asks for; what it says wrongly is left out. */
export function viewOf(query: URLSearchParams): View {
    const list = (name: string): string[] =>
        [...new Set(query.getAll(name).flatMap(splitValues))];
    const sort = query.get("sort") ?? "";
    return {
        status: list("status").filter((value): value is Status => isOneOf(STATUSES, value)),
        type: list("type"), owner: list("owner"), resource: list("resource"), queue: list("queue"),
        q: query.get("q") ?? "",
        sort: isOneOf(SORTS, sort) ? sort : EVERYTHING.sort,
    };
}

/** Only what differs from everything, in one order: the same view has one address. */
export function queryOf(view: View): URLSearchParams {
    const query = new URLSearchParams();
    for (const name of ["status", ...FACETS] as const) {
        if (view[name].length > 0) query.set(name, joinValues(view[name]));
    }
    if (view.q) query.set("q", view.q);
    if (view.sort !== EVERYTHING.sort) query.set("sort", view.sort);
    return query;
}

/** The filters alone, as the API and bulk commands take them: those that are set. */
export function filterOf(view: View): Record<string, string | readonly string[]> {
    const filter: Record<string, string | readonly string[]> = {};
    for (const name of ["status", ...FACETS] as const) {
        if (view[name].length > 0) filter[name] = view[name];
    }
    if (view.q) filter["q"] = view.q;
    return filter;
}

export const isFiltered = (view: View): boolean => Object.keys(filterOf(view)).length > 0;

export const isSame = (a: View, b: View): boolean => queryOf(a).toString() === queryOf(b).toString();

/** Whether a task belongs to the view, as the server would say. */
export function matches(view: View, task: Task): boolean {
    const has = (values: readonly string[], value: string | null): boolean =>
        values.length === 0 || values.includes(value ?? "");
    return has(view.status, task.status) && FACETS.every((name) => has(view[name], task[name])) &&
        `${task.title ?? ""}\n${task.id}`.toLowerCase().includes(view.q.toLowerCase());
}

/** What the order goes by, as text: RFC 3339 in UTC sorts as it is. */
const keyOf = (sort: Sort, task: Task): string =>
    (sort.endsWith("created_at") ? task.created_at : task.updated_at) ?? "";

/** Whether a comes before b; false too when they are equal. */
export function isBefore(sort: Sort, a: Task, b: Task): boolean {
    const [x, y] = [keyOf(sort, a), keyOf(sort, b)];
    return sort.startsWith("-") ? x > y : x < y;
}
