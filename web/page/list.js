// Which tasks the list shows: the pages read so far, kept true by what happens to them.
//
// DESIGN. The list is a window onto the tasks, newest first, from the top down to `floor`, the last
// row that was read. A task that appears above the floor joins; one below it waits for "load more".
// Newest first by creation, so that rows do not move while they change. The window is bounded: the
// page holds at most MAX_ROWS, and draws a page of them more each time it is asked to, whatever
// happens outside.

import { apiPath, getJson } from "./api.js";

const PAGE_ROWS = 100;
const MAX_ROWS = 500;
const KNOWN_MAX = 4 * MAX_ROWS; // rows remembered, in the window and out of it
const LOOKUP_MS = 200; // tasks known only by an event are looked up together, this often …
const LOOKUP_MAX = 100; // … and this many at once
const OUTSIDE_MAX = 5000;

function isNewer(a, b) {
    if (a.created_at !== b.created_at) return (a.created_at ?? "") > (b.created_at ?? "");
    return a.id > b.id;
}

export class TaskList {
    status = "";
    search = "";
    total = 0;
    totalExact = true;
    loaded = false;
    onChange = () => {}; // told the id of a row that changed, or null: rows came, went or moved

    #store;
    #ids = new Set();
    #order = null; // sorted rows, made when asked for
    #shown = PAGE_ROWS; // how many of them are drawn
    #floor = null; // null: the window reaches to the oldest task
    #next = null; // the page after the floor
    #load = null; // AbortController of the page under way
    #latest = null; // promise of the last reload
    #requests = 0; // answers that may still bring rows older than those known
    #unknown = new Set(); // tasks known only by an event, to be looked up
    #outside = new Set(); // looked up, and not in the window
    #lookupTimer = 0;

    constructor(store) {
        this.#store = store;
        store.subscribe((id, row) => this.#follow(id, row));
    }

    // The rows to draw.
    get rows() {
        return this.#sorted().slice(0, this.#shown);
    }

    get isFiltered() {
        return this.status !== "" || this.search !== "";
    }

    get hasMore() {
        const isMoreKnown = this.#ids.size > this.#shown;
        return isMoreKnown || (this.#next !== null && this.#ids.size < MAX_ROWS);
    }

    // Whether there are older tasks that no "load more" will show.
    get isCut() {
        return this.#floor !== null && !this.hasMore;
    }

    // Reads the first page anew. Resolves to the cursor it stands for; when a later call overtakes
    // this one, to the cursor of that.
    reload() {
        const mine = this.#readFirst().catch((error) => {
            if (this.#latest !== mine) return this.#latest;
            throw error;
        });
        this.#latest = mine;
        return mine;
    }

    async loadMore() {
        if (this.#load !== null || !this.hasMore) return;
        const shown = this.#shown + PAGE_ROWS;
        if (this.#ids.size < shown && this.#next !== null) {
            this.#accept(await this.#read(this.#next));
        }
        this.#shown = shown;
        this.#reordered();
    }

    // Another journal: its tasks are other tasks.
    clear() {
        this.#store.clear();
        this.loaded = false;
        this.#forget();
        this.#reordered();
    }

    setFilter(status, search) {
        this.status = status;
        this.search = search.trim().toLowerCase();
        return this.reload();
    }

    async #readFirst() {
        this.#load?.abort();
        const body = await this.#read(null);
        this.#forget();
        this.#shown = PAGE_ROWS;
        this.#accept(body);
        return body.cursor;
    }

    #forget() {
        this.#ids.clear();
        this.#unknown.clear();
        this.#outside.clear();
    }

    async #read(page) {
        const load = new AbortController();
        this.#load = load;
        const query = { sort: "-created_at", limit: PAGE_ROWS, page };
        const filter = { status: this.status, q: this.search };
        this.#requests++;
        try {
            return await getJson(apiPath("tasks", { ...query, ...filter }), load.signal);
        } finally {
            this.#requests--;
            if (this.#load === load) this.#load = null;
        }
    }

    #accept({ data }) {
        this.loaded = true;
        this.total = data.total;
        this.totalExact = data.total_exact !== false;
        this.#next = data.next;
        this.#floor = data.next === null ? null : data.items.at(-1);
        for (const row of data.items) {
            this.#store.putRow(row);
            const known = this.#store.get(row.id);
            if (known && this.#matches(known)) this.#ids.add(row.id);
        }
        this.#reordered();
    }

    #sorted() {
        this.#order ??= [...this.#ids]
            .map((id) => this.#store.get(id))
            .sort((a, b) => (isNewer(a, b) ? -1 : 1));
        return this.#order;
    }

    #reordered() {
        this.#order = null;
        this.onChange(null);
    }

    #matches(row) {
        if (this.status && row.status !== this.status) return false;
        if (!this.search || row.partial) return true;
        return `${row.title ?? ""}\n${row.id}`.toLowerCase().includes(this.search);
    }

    // Something happened to a task.
    #follow(id, row) {
        if (row === null || !this.#matches(row)) {
            if (this.#ids.delete(id)) this.#reordered();
        } else if (this.#ids.has(id)) {
            this.#order = null;
            this.onChange(id);
        } else if (row.partial) {
            this.#lookUp(id);
        } else if (this.#floor === null || isNewer(row, this.#floor)) {
            this.#ids.add(id);
            if (this.#ids.size > MAX_ROWS) this.#trim();
            this.#reordered();
        }
        this.#prune();
    }

    #trim() {
        this.#order = null;
        for (const row of this.#sorted().splice(MAX_ROWS)) this.#ids.delete(row.id);
        this.#floor = this.#sorted().at(-1);
        this.#next = null;
    }

    // Rows outside the window are remembered for their version, as long as an answer under way
    // could be older.
    #prune() {
        if (this.#store.size <= KNOWN_MAX || this.#requests > 0) return;
        this.#store.keepOnly(this.#ids);
    }

    #lookUp(id) {
        if (this.#outside.has(id) || this.#unknown.size >= OUTSIDE_MAX) return;
        this.#unknown.add(id);
        this.#lookupTimer ||= setTimeout(() => this.#lookUpNow(), LOOKUP_MS);
    }

    async #lookUpNow() {
        const ids = [...this.#unknown].slice(0, LOOKUP_MAX);
        const generation = this.#store.generation;
        for (const id of ids) this.#unknown.delete(id);
        this.#requests++;
        try {
            const query = { id: ids.join(","), limit: LOOKUP_MAX };
            const { data } = await getJson(apiPath("tasks", query));
            if (generation === this.#store.generation) {
                for (const row of data.items) this.#store.putRow(row);
                for (const id of ids) if (!this.#ids.has(id)) this.#leaveOutside(id);
            }
        } catch {
            // The next event of each asks again.
        }
        this.#requests--;
        this.#lookupTimer = 0;
        if (this.#unknown.size) this.#lookUp(this.#unknown.values().next().value);
    }

    #leaveOutside(id) {
        this.#outside.add(id);
        if (this.#outside.size > OUTSIDE_MAX) {
            this.#outside.delete(this.#outside.values().next().value);
        }
    }
}
