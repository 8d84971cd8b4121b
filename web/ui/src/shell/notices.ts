// Which tasks have ended, and what is to be said of it: each by its title, of many at once only how many.
import type { BellwireEvent } from "bellwire";
import { formatNumber } from "../kit/format.ts";
import { t } from "../words/words.ts";

export type Wanted = "none" | "failed" | "all";

/** Those that may tell of an end. */
export const ENDING = ["TASK_STATUS_CHANGED", "TASK_COMPLETED", "TASK_FAILED"];
const FLUSH_MS = 1_000;
const SINGLE_MAX = 2; // of more at once only the numbers are told

export interface Notice {
    text: string;
    isGood: boolean;
    /** The page that says more. */
    link: string;
}

interface Ended {
    id: string;
    title: string | undefined;
    isGood: boolean;
}

/** What an event says has ended; null when it says nothing of that kind. */
export function endedOf(event: Pick<BellwireEvent, "data">): Ended | null {
    const { id, status, title } = event.data as { id?: string; status?: string; title?: string };
    const isGood = status === "completed";
    if (!id || (!isGood && status !== "failed" && status !== "timeout")) return null;
    return { id, title, isGood };
}

export class Notices {
    wanted: Wanted;
    readonly #titleOf: (id: string) => Promise<string>;
    readonly #tell: (notice: Notice) => void;
    #waiting: Ended[] = [];
    #timer: ReturnType<typeof setTimeout> | undefined;

    constructor(wanted: Wanted, titleOf: (id: string) => Promise<string>, tell: (notice: Notice) => void) {
        this.wanted = wanted;
        this.#titleOf = titleOf;
        this.#tell = tell;
    }

    take(event: Pick<BellwireEvent, "data">): void {
        const ended = endedOf(event);
        if (!ended || this.wanted === "none" || (this.wanted === "failed" && ended.isGood)) return;
        this.#waiting.push(ended);
        this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
    }

    close(): void {
        clearTimeout(this.#timer);
    }

    #flush(): void {
        this.#timer = undefined;
        const ended = this.#waiting.splice(0);
        for (const isGood of [false, true]) {
            const those = ended.filter((one) => one.isGood === isGood);
            if (those.length <= SINGLE_MAX) {
                for (const one of those) void this.#tellOne(one);
            } else {
                const text = t(isGood ? "notices.manyCompleted" : "notices.manyFailed", { n: formatNumber(those.length, 0) });
                this.#tell({ text, isGood, link: `/tasks?status=${isGood ? "completed" : "failed,timeout"}&sort=-updated_at` });
            }
        }
    }

    async #tellOne({ id, title, isGood }: Ended): Promise<void> {
        const text = t(isGood ? "notices.oneCompleted" : "notices.oneFailed", { title: title ?? await this.#titleOf(id) });
        this.#tell({ text, isGood, link: `/tasks/${encodeURIComponent(id)}` });
    }
}
