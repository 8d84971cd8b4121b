// What SSE and polling have in common: one request at a time that asks for all topics at once, merged
// in the journal's order, and is made anew when it no longer asks for what is wanted.
import type { Query } from "../http.ts";
import { Base } from "./base.ts";

export abstract class Requests extends Base {
    #asked = "";

    override start(): void {
        if (this.query()["topic"] === "") this.fate.opened(); // nobody wants anything
        else super.start();
    }

    update(_topic: string, mustReplay: boolean): void {
        if (!mustReplay && this.#asked === keyOf(this.feed.query())) return;
        this.stop();
        this.start();
    }

    /** What is wanted now. */
    protected query(): Query {
        const query = this.feed.query();
        this.#asked = keyOf(query);
        return query;
    }
}

/** The question without the place, which moves all the time. */
const keyOf = (query: Query): string => JSON.stringify({ ...query, after: "" });
