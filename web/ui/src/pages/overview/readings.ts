// What the server counts: read again every few seconds while somebody looks, and soon after something changed.
import type { Status, Task } from "bellwire";
import { client } from "../../wire.ts";
import { Reading } from "./reading.ts";

export type Counts = Partial<Record<Status, number>>;

export interface Stats {
    watchers: number;
    connections: Record<string, number>;
    subscriptions: Record<string, number>;
    tasks: Counts;
    recent: { hour: Counts; day: Counts };
}

export interface Worker {
    name: string;
    alive: boolean;
    heard_at: string;
    running: number;
    paused: number;
    /** Ids of its newest active tasks. */
    tasks: string[];
}

export interface Workers {
    workers: Worker[];
    tasks: Task[];
    more: boolean;
    all_counted: boolean;
}

export interface History {
    step_s: number;
    points: number;
    end: string | null;
    series: Record<string, (number | null)[]>;
}

/** How far back charts look: so many steps of the server's finer or coarser history. */
export const SPANS = {
    quarter: { step_s: 5, points: 180 },
    hour: { step_s: 5, points: 720 },
    day: { step_s: 120, points: 720 },
} as const;
export type Span = keyof typeof SPANS;

const SOON_MS = 1_000;
const WORKERS_MAX = 100;

export class Readings {
    span: Span = "quarter";
    readonly stats: Reading<Stats>;
    readonly workers: Reading<Workers>;
    readonly history: Reading<History>;

    readonly #told: () => void;

    constructor(told: () => void) {
        this.#told = told;
        const read = async <T>(path: string, signal: AbortSignal, query = {}): Promise<T> =>
            (await client.http.json<T>(`api/v1/${path}`, { query, signal })).data;
        this.stats = new Reading(told, (signal) => read("stats", signal));
        this.workers = new Reading(told, (signal) => read("workers", signal, { limit: WORKERS_MAX }));
        this.history = new Reading(told, (signal) => read("stats/history", signal, SPANS[this.span]));
    }

    #all(): readonly Reading<unknown>[] {
        return [this.stats, this.workers, this.history];
    }

    get isLate(): boolean {
        return this.#all().some((one) => one.isLate);
    }

    /** Tasks have changed. */
    soon(): void {
        this.stats.in(SOON_MS);
        this.workers.in(SOON_MS);
    }

    show(span: Span): void {
        this.span = span;
        this.history.anew();
        this.#told();
    }

    close(): void {
        for (const one of this.#all()) one.close();
    }
}
