// The live store of tasks: rows read by REST, kept up to date by events, shared by all who look.
//
// DESIGN. First the subscription knows its place, then the rows are read: an answer is never older
// than the place its events go on from, and Rows drops what is not newer. So nothing falls between
// snapshot and events. After a reset the same happens again.
import { seqOf } from "./cursor.ts";
import { guarded } from "./error.ts";
import { TaskList } from "./list.ts";
import { readTasks } from "./read.ts";
import { Rows, type Source } from "./rows.ts";
import type { Timing } from "./settings.ts";
import { isName, type Subscription } from "./subscription.ts";
import type { Task, TaskQuery } from "./types.ts";

const IDS_MAX = 100; // in one request
const SLACK = 1_000; // rows that nobody looks at and that are kept all the same

/** `client.tasks`: look at single tasks with `watch`, at many with `list`. */
export class TaskStore {
    readonly #source: Source;
    readonly #timing: Timing;
    readonly #rows = new Rows(
        (id, row) => this.#tell(id, row), (id) => this.#want([id]));
    readonly #watched = new Map<string, Set<(task: Task | null) => void>>();
    readonly #lists = new Set<TaskList>();
    /** How many are known before those that nobody looks at are forgotten. */
    #room = SLACK;
    readonly #life = new AbortController();
    #subscription: Subscription | null = null;
    #wanted = new Set<string>();
    /** Whether others are watched than the subscription asks for. */
    #isStale = false;
    #isLoading = false;

    /** @internal */
    constructor(source: Source, timing: Timing) {
        this.#source = source;
        this.#timing = timing;
    }

    /** The task as it is known: null if there is none, undefined if that is not known (yet). */
    get(id: string): Task | null | undefined {
        return isName(id) ? this.#rows.get(id) : null;
    }

    /**
     * Keeps one task up to date: `listener` is called with the row as soon as it is known and at every change, with null when
     * there is no such task (it may come yet). Any number of watches share one subscription.
     */
    watch(id: string, listener: (task: Task | null) => void = () => {}): () => void {
        if (!isName(id)) {
            queueMicrotask(() => listener(null));
            return () => {};
        }
        const listeners = this.#watched.get(id) ?? new Set();
        const own = (task: Task | null): void => listener(task); // the same twice counts twice
        listeners.add(own);
        if (listeners.size === 1) {
            this.#watched.set(id, listeners);
            this.#want([id]);
        }
        const known = this.#rows.get(id);
        if (known !== undefined) queueMicrotask(() => listeners.has(own) && own(known));
        return () => {
            if (!listeners.delete(own) || listeners.size > 0) return;
            this.#watched.delete(id);
            this.#forget();
            this.#want([]);
        };
    }

    /** A live list of the tasks that match, until it is closed. */
    list(query: TaskQuery = {}): TaskList {
        const list = new TaskList(query, {
            source: this.#source, rows: this.#rows, timing: this.#timing,
            want: (ids) => this.#want(ids),
            closed: (list) => {
                this.#lists.delete(list);
                this.#forget();
            },
        });
        this.#lists.add(list);
        return list;
    }

    /** @internal */
    close(): void {
        this.#life.abort();
        for (const list of this.#lists) list.close();
        this.#watched.clear();
    }

    // --- Rows -----------------------------------------------------------------------------------

    #tell(id: string, row: Task | null): void {
        for (const list of this.#lists) list.changed(id, row);
        for (const listener of this.#watched.get(id) ?? []) guarded(() => listener(row));
        if (this.#rows.size > this.#room) this.#forget();
    }

    #isUsed(id: string): boolean {
        if (this.#watched.has(id) || this.#wanted.has(id)) return true;
        for (const list of this.#lists) if (list.members.has(id)) return true;
        return false;
    }

    #forget(): void {
        for (const id of this.#rows.ids()) if (!this.#isUsed(id)) this.#rows.forget(id);
        this.#room = 2 * this.#rows.size + SLACK;
    }

    // --- Watched tasks --------------------------------------------------------------------------

    /** The subscription that feeds the watches follows them. */
    #refilter(): void {
        const filter = { task_id: [...this.#watched.keys()] };
        if (filter.task_id.length === 0) {
            this.#subscription?.unsubscribe();
            this.#subscription = null;
        } else if (this.#subscription) {
            this.#subscription.setFilter(filter);
        } else {
            this.#subscription = this.#rows.follow(this.#source, filter,
                () => this.#want(this.#watched.keys()));
        }
    }

    /** Rows that somebody needs and that are not known, or not any more. */
    #want(ids: Iterable<string>): void {
        for (const id of ids) this.#wanted.add(id);
        this.#isStale = true;
        if (!this.#isLoading) void this.#load();
    }

    async #load(): Promise<void> {
        this.#isLoading = true;
        await null; // until the end of this turn, so that a page full of tasks asks once
        while (!this.#life.signal.aborted && (this.#isStale || this.#wanted.size > 0)) {
            if (this.#isStale) {
                this.#isStale = false;
                this.#refilter();
                await this.#subscription?.ready;
            }
            const ids = [...this.#wanted].slice(0, IDS_MAX);
            for (const id of ids) this.#wanted.delete(id);
            if (ids.length > 0) await this.#read(ids);
        }
        this.#isLoading = false;
    }

    async #read(ids: readonly string[]): Promise<void> {
        const answer = await readTasks(this.#source.http, { id: ids, limit: ids.length },
            this.#timing.backoffMs, this.#life.signal);
        if (!answer) return;
        const found = new Set<string>();
        for (const row of answer.data.items) {
            found.add(row.id);
            this.#rows.put(row);
        }
        for (const id of ids) if (!found.has(id)) this.#rows.remove(id, seqOf(answer.cursor));
    }
}
