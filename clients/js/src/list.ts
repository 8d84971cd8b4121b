// A live list: the tasks that match a query, in its order, as many as it asks for.
//
// DESIGN. Membership follows the rows as they change, at once and here. What can only be known from the whole table (how many match in all, who
// moves up when somebody leaves) is read anew at most every REFRESH_MS.
import { type BellwireError, guarded } from "./error.ts";
import { type Page, readTasks } from "./read.ts";
import type { Rows, Source } from "./rows.ts";
import type { Timing } from "./settings.ts";
import { listOf, type Subscription } from "./subscription.ts";
import type { Task, TaskQuery } from "./types.ts";

const REFRESH_MS = 2_000;
const FRAME_MS = 16; // listeners are told at most once in this time
const PAGE_MAX = 1_000;
const LIMIT = 50;
const FIELDS = ["id", "status", "type", "owner", "resource", "queue"] as const;

type Fields = { [field in (typeof FIELDS)[number]]?: readonly string[] | undefined };

/** What the list needs of the store that made it. */
export interface Keeper {
    readonly source: Source;
    readonly rows: Rows;
    readonly timing: Timing;
    /** Rows to be read. */
    want(ids: Iterable<string>): void;
    closed(list: TaskList): void;
}

/** Made by `client.tasks.list(query)`. */
export class TaskList {
    readonly query: Readonly<TaskQuery>;
    /** Whether the tasks were read at least once. */
    isLoaded = false;
    /** Why they cannot be read at the moment; null when they can. */
    error: unknown = null;
    /** How many tasks match in all, as of the last reading. */
    total = 0;
    /** @internal */
    readonly members = new Set<string>();
    readonly #keeper: Keeper;
    readonly #limit: number;
    readonly #filter: Fields = {};
    readonly #isMember: (task: Task) => boolean;
    readonly #order: (a: Task, b: Task) => number;
    readonly #listeners = new Set<() => void>();
    readonly #subscription: Subscription;
    readonly #life = new AbortController();
    #items: readonly Task[] | null = null;
    #telling: ReturnType<typeof setTimeout> | undefined;
    #refreshing: ReturnType<typeof setTimeout> | undefined;
    #reading: Promise<void> | null = null;

    /** @internal */
    constructor(query: TaskQuery, keeper: Keeper) {
        this.query = query;
        this.#keeper = keeper;
        this.#limit = query.limit ?? LIMIT;
        for (const field of FIELDS) this.#filter[field] = listOf(query[field]);
        this.#isMember = matcher(query, this.#filter);
        this.#order = orderOf(query.sort ?? "-updated_at");
        const { owner, resource, id: task_id } = this.#filter;
        this.#subscription = keeper.rows.follow(keeper.source, { owner, resource, task_id }, () => {
            keeper.want(this.members);
            this.#refresh(0);
        }, (error) => this.#fail(error));
    }

    /** The tasks, in order. The same array until something changes. */
    get items(): readonly Task[] {
        if (this.#items) return this.#items;
        const rows = [...this.members].flatMap((id) => this.#keeper.rows.get(id) ?? []).sort(this.#order);
        // Twice as many are kept as are shown, for those that leave.
        for (const row of rows.splice(2 * this.#limit)) this.members.delete(row.id);
        return this.#items = rows.slice(0, this.#limit);
    }

    /** Calls back after changes, at most once per frame. */
    onChange(listener: () => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    close(): void {
        this.#life.abort();
        clearTimeout(this.#telling);
        clearTimeout(this.#refreshing);
        this.#subscription.unsubscribe();
        this.#keeper.closed(this);
    }

    /** @internal A row changed, came or went. */
    changed(id: string, row: Task | null): void {
        const was = this.members.has(id);
        const is = row !== null && this.#isMember(row);
        if (!was && !is) return;
        if (is) this.members.add(id);
        else this.members.delete(id);
        if (was !== is && this.isLoaded) this.#refresh(REFRESH_MS);
        this.#changed();
    }

    #changed(): void {
        this.#items = null;
        this.#telling ??= setTimeout(() => {
            this.#telling = undefined;
            for (const listener of this.#listeners) guarded(listener);
        }, FRAME_MS);
    }

    #fail(error: unknown): void {
        this.error = error;
        this.#changed();
    }

    #refresh(waitMs: number): void {
        if (this.#life.signal.aborted || (this.#refreshing !== undefined && waitMs > 0)) return;
        clearTimeout(this.#refreshing);
        this.#refreshing = setTimeout(() => {
            this.#refreshing = undefined;
            // What changed while it was read asks for another reading.
            if (this.#reading) return this.#refresh(REFRESH_MS);
            this.#reading = this.#read()
                .catch((error: unknown) => this.#fail(error))
                .finally(() => (this.#reading = null));
        }, waitMs);
    }

    async #read(): Promise<void> {
        const before = [...this.members];
        const read = new Set<string>();
        let page: Page | undefined;
        do {
            const query = {
                ...this.query, ...this.#filter,
                limit: Math.min(this.#limit - read.size, PAGE_MAX), page: page?.next,
            };
            page = (await readTasks(this.#keeper.source.http, query, this.#keeper.timing.backoffMs, this.#life.signal,
                (error) => {
                    if ((error as Partial<BellwireError>).isPassing === false) throw error;
                    this.#fail(error);
                }))?.data;
            if (!page) return;
            for (const row of page.items) {
                read.add(row.id);
                this.#keeper.rows.put(row);
                this.changed(row.id, this.#keeper.rows.get(row.id) ?? null);
            }
        } while (page.next !== null && read.size < this.#limit);
        // Who was a member before and is not in a complete reading may be gone.
        if (page.next === null) this.#keeper.want(before.filter((id) => !read.has(id)));
        this.total = page.total;
        this.isLoaded = true;
        this.error = null;
        this.#changed();
    }
}

function matcher({ q: part }: TaskQuery, filter: Fields): (task: Task) => boolean {
    const q = part?.toLowerCase() ?? "";
    return (task) => `${task.title ?? ""}\n${task.id}`.toLowerCase().includes(q) &&
        FIELDS.every((field) => filter[field]?.includes(task[field] ?? "") ?? true);
}

function orderOf(sort: NonNullable<TaskQuery["sort"]>): (a: Task, b: Task) => number {
    const sign = sort.startsWith("-") ? -1 : 1;
    const field = sort.replace("-", "") as "updated_at" | "created_at";
    return (a, b) => {
        const [x, y] = [a[field] ?? "", b[field] ?? ""];
        return sign * (x < y ? -1 : x > y ? 1 : a.seq - b.seq);
    };
}
