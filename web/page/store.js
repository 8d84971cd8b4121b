// What is known of each task: rows read by REST, with events folded in as they arrive.
//
// DESIGN. Every row carries `seq`, the event that changed it last. Answers and events may overtake
// each other; whatever is not newer than the row is ignored, so nothing ever goes backwards. A
// deleted task leaves its seq behind for a while, so that a late answer does not bring it back.

import { seqOf } from "./cursor.js";
import { isFinal } from "./format.js";

const DELETED_MAX = 2000;

export class TaskStore {
    generation = 0; // counts clear()
    #rows = new Map();
    #deleted = new Map();
    #listeners = new Set();

    // listener(id, row, before): row is null when the task is gone, before when it was not known.
    subscribe(listener) {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    get(id) {
        return this.#rows.get(id) ?? null;
    }

    get size() {
        return this.#rows.size;
    }

    // Forgets the other rows without telling anybody: they left the view, not the world.
    keepOnly(ids) {
        for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
    }

    // Another journal: versions known so far mean nothing any more.
    clear() {
        this.generation++;
        this.#rows.clear();
        this.#deleted.clear();
    }

    // A whole row, as REST, a snapshot or a conflated frame gives it.
    putRow(row) {
        const before = this.get(row.id);
        if ((this.#deleted.get(row.id) ?? -1) >= row.seq) return;
        if (before && before.seq >= row.seq) {
            // Not news, except where only an event was known so far.
            if (before.partial) this.#set({ ...row, ...before, partial: false }, before);
            return;
        }
        this.#set({ ...before, ...row, partial: false }, before);
    }

    // An event of topic `system`. Its data is what the producer sent plus the row as it now is.
    applyEvent(event) {
        const data = event.data ?? {};
        const id = data.id;
        const seq = seqOf(event.cursor);
        if (typeof id !== "string") return;
        const before = this.get(id);
        if ((before?.seq ?? -1) >= seq || (this.#deleted.get(id) ?? -1) >= seq) return;
        if (event.event_type === "TASK_DELETED") {
            this.#remove(id, seq);
            return;
        }
        const known = before ?? { partial: event.event_type !== "TASK_CREATED" };
        const row = { ...known, ...data, seq };
        // Absent means unknown now, not unchanged.
        row.eta_s = data.eta_s ?? null;
        row.rate = data.rate ?? null;
        row.updated_at = data.updated_at ?? event.timestamp;
        if (data.message === undefined && event.message) row.message = event.message;
        if (!before && !row.partial) row.created_at ??= event.timestamp;
        if (row.status === "running") row.started_at ??= row.updated_at;
        if (!isFinal(row.status)) row.finished_at = null;
        else row.finished_at ??= row.updated_at;
        this.#set(row, before);
    }

    // It was deleted, at seq or before.
    take(id, seq) {
        if ((this.get(id)?.seq ?? -1) <= seq) this.#remove(id, seq);
    }

    #set(row, before) {
        this.#rows.set(row.id, row);
        for (const tell of this.#listeners) tell(row.id, row, before);
    }

    #remove(id, seq) {
        const before = this.get(id);
        this.#rows.delete(id);
        this.#deleted.set(id, seq);
        if (this.#deleted.size > DELETED_MAX) {
            this.#deleted.delete(this.#deleted.keys().next().value);
        }
        for (const tell of this.#listeners) tell(id, null, before);
    }
}
