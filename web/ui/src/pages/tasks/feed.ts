// The list's tasks: pages of it read by REST as one scrolls, and the rows in view kept live.
//
// DESIGN. Only rows in view are watched, so a page costs what it shows and not what the server has.
// That something came, ended or went is told by those few types of events; the list's beginning is
// then read again, at most once in HEAD_MS, and put in place only while one looks at the beginning:
// under a reader nothing moves, there is a count of what is new instead. A row that does not match
// any more stays for a moment, so that one sees why it goes.
import type { Task } from "bellwire";

import { Alarm } from "../../kit/alarm.ts";
import { client } from "../../wire.ts";
import { countNew, joinsKnown, mergeHead, type Page } from "./merge.ts";
import { EVERYTHING, filterOf, matches, type View } from "./view.ts";

const HEAD = 100; // rows
const PAGE = 500;
const AHEAD = 300; // rows before the end of what is known when the next page is asked for
const HEAD_MS = 1_000;
const IDLE_MS = 5_000; // for what those events do not tell, as an update that is the first of a task that waited
const SETTLE_MS = 80; // rows that only fly by are not watched
const LEAVE_MS = 2_500;
const TELLING = ["TASK_CREATED", "TASK_STATUS_CHANGED", "TASK_COMPLETED", "TASK_FAILED", "TASK_DELETED"];

interface Answer extends Page {
    total: number;
    total_exact: boolean;
}

export interface FeedListener {
    /** Other tasks, another order, another count. */
    onList(): void;
    onRow(task: Task): void;
    /** Something came, ended or went; also what is not in the list. */
    onEvent(): void;
}

export class TaskFeed {
    ids: readonly string[] = [];
    total = 0;
    isExact = true;
    isLoaded = false;
    error: unknown = null;
    /** What is new above, while the beginning is not in view. */
    news = 0;
    readonly #listener: FeedListener;
    readonly #rows = new Map<string, Task>();
    readonly #watches = new Map<string, () => void>();
    readonly #leaving = new Set<string>();
    #view: View = EVERYTHING;
    #next: string | null = null;
    #isAtTop = true;
    #shown: readonly string[] = [];
    #life = new AbortController();
    #unsubscribe: () => void = () => {};
    readonly #head = new Alarm(() => {
        if (this.#isReading) this.#isDirty = true; // again after that
        else if (this.#isDirty || !document.hidden) void this.#readHead(!this.isLoaded);
        else this.#head.in(IDLE_MS);
    });
    #settleTimer: ReturnType<typeof setTimeout> | undefined;
    #isReading = false;
    #isDirty = false;

    constructor(listener: FeedListener) {
        this.#listener = listener;
    }

    get(id: string): Task | undefined {
        return this.#rows.get(id);
    }

    get hasMore(): boolean {
        return this.#next !== null;
    }

    /** Begins anew with these filters and this order. */
    open(view: View): void {
        this.close();
        this.#life = new AbortController();
        this.#view = view;
        this.#follow();
        void this.#readHead(true);
    }

    close(): void {
        this.#life.abort();
        this.#unsubscribe();
        this.#head.cancel();
        clearTimeout(this.#settleTimer);
        this.#settleTimer = undefined;
        for (const unwatch of this.#watches.values()) unwatch();
        this.#watches.clear();
        this.#leaving.clear();
        this.#rows.clear();
        this.ids = this.#shown = [];
        this.#next = null;
        this.isLoaded = this.#isReading = this.#isDirty = false;
        this.news = this.total = 0;
        this.#isAtTop = true;
    }

    /** Which rows are in view. */
    show(first: number, last: number, isAtTop: boolean): void {
        this.#shown = this.ids.slice(first, last + 1);
        if (isAtTop && !this.#isAtTop && this.news > 0) this.#headSoon(0);
        this.#isAtTop = isAtTop;
        this.#settleTimer ??= setTimeout(() => {
            this.#settleTimer = undefined;
            this.#watchShown();
        }, SETTLE_MS);
        if (last > this.ids.length - AHEAD) void this.#readMore();
    }

    /** Reads the beginning again, now. */
    refresh(): void {
        this.#headSoon(0);
    }

    // --- What changes ---------------------------------------------------------------------------

    #follow(): void {
        const { owner, resource } = this.#view;
        const scope = { ...(owner.length && { owner }), ...(resource.length && { resource }) };
        const subscription = client.subscribe("system", {
            filter: { ...scope, event_types: TELLING },
            // In another journal, or one restored from a copy, the numbers of rows mean nothing.
            onReset: (reason) => (reason === "epoch" || reason === "ahead" ? this.open(this.#view) : this.#headSoon(0)),
        }, () => {
            this.#listener.onEvent();
            this.#headSoon(HEAD_MS);
        });
        this.#unsubscribe = () => subscription.unsubscribe();
    }

    #watchShown(): void {
        const shown = new Set(this.#shown);
        for (const id of shown) {
            if (this.#watches.has(id)) continue;
            this.#watches.set(id, client.tasks.watch(id, (row) => this.#take(id, row)));
        }
        for (const [id, unwatch] of this.#watches) {
            if (shown.has(id)) continue;
            this.#watches.delete(id);
            unwatch();
        }
    }

    #take(id: string, row: Task | null): void {
        const before = this.#rows.get(id);
        if (!before) return;
        if (row && row.seq > before.seq) {
            this.#rows.set(id, row);
            this.#listener.onRow(row);
        }
        if (row && matches(this.#view, row)) this.#leaving.delete(id);
        else this.#leave(id, row ? LEAVE_MS : 0);
    }

    #leave(id: string, afterMs: number): void {
        if (this.#leaving.has(id)) return;
        this.#leaving.add(id);
        const { signal } = this.#life;
        setTimeout(() => {
            if (signal.aborted || !this.#leaving.delete(id)) return;
            this.#rows.delete(id);
            this.ids = this.ids.filter((one) => one !== id);
            this.#listener.onList();
        }, afterMs);
    }

    // --- Reading --------------------------------------------------------------------------------

    #headSoon(afterMs: number): void {
        this.#isDirty = true;
        if (!this.#isReading) this.#head.in(afterMs); // else after that
    }

    async #readHead(isFirst: boolean): Promise<void> {
        const { signal } = this.#life;
        this.#isReading = true;
        this.#isDirty = false;
        try {
            const page = await this.#read(HEAD, null);
            if (!signal.aborted) this.#adopt(page, isFirst);
        } catch (error) {
            if (!signal.aborted) this.error = error;
        }
        if (signal.aborted) return;
        this.#isReading = false;
        this.#listener.onList();
        this.#head.in(this.#isDirty || this.error ? HEAD_MS : IDLE_MS);
    }

    #adopt(page: Answer, isFirst: boolean): void {
        this.error = null;
        this.total = page.total;
        this.isExact = page.total_exact;
        const isWhole = page.next === null;
        if (this.#isAtTop || isFirst || !this.isLoaded) {
            const joins = joinsKnown((id) => this.#rows.get(id), page, this.#view.sort);
            for (const row of page.items) this.#put(row);
            const ids = mergeHead(joins ? this.ids : [], (id) => this.#rows.get(id), page, this.#view.sort);
            // Those that are about to leave are still to be seen.
            this.ids = this.#keepLeaving(ids);
            if (isWhole || !joins) this.#next = page.next;
            this.news = 0;
        } else {
            this.news = countNew(new Set(this.ids), page);
            for (const row of page.items) if (this.#rows.has(row.id)) this.#put(row);
        }
        this.isLoaded = true;
    }

    #keepLeaving(ids: string[]): string[] {
        const had = new Set(ids);
        this.ids.forEach((id, at) => {
            if (this.#leaving.has(id) && !had.has(id) && this.#rows.has(id)) ids.splice(at, 0, id);
        });
        for (const id of this.ids) if (!had.has(id) && !this.#leaving.has(id)) this.#rows.delete(id);
        return ids;
    }

    #put(row: Task): void {
        const known = client.tasks.get(row.id);
        const newest = known && known.seq > row.seq ? known : row;
        if ((this.#rows.get(row.id)?.seq ?? -1) >= newest.seq) return;
        const isKnown = this.#rows.has(row.id);
        this.#rows.set(row.id, newest);
        if (isKnown) this.#listener.onRow(newest);
    }

    async #readMore(): Promise<void> {
        if (this.#isReading || this.#next === null || this.error) return;
        const { signal } = this.#life;
        this.#isReading = true;
        try {
            const page = await this.#read(PAGE, this.#next);
            if (signal.aborted) return;
            const had = new Set(this.ids);
            for (const row of page.items) this.#put(row);
            this.ids = [...this.ids, ...page.items.map(({ id }) => id).filter((id) => !had.has(id))];
            this.#next = page.next;
            this.error = null;
        } catch (error) {
            if (!signal.aborted) this.error = error;
        }
        if (signal.aborted) return;
        this.#isReading = false;
        this.#listener.onList();
        if (this.#isDirty || this.error) this.#headSoon(HEAD_MS); // which ends the error
    }

    async #read(limit: number, page: string | null): Promise<Answer> {
        const { data } = await client.http.json<Answer>("api/v1/tasks", {
            query: { ...filterOf(this.#view), sort: this.#view.sort, limit, page },
            signal: this.#life.signal,
        });
        return data;
    }
}
