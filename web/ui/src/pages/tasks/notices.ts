// Telling that tasks have completed or failed: on the page, and by the browser where that was asked for.
import type { BellwireEvent } from "bellwire";

import { formatNumber } from "../../kit/format.ts";
import { toast } from "../../kit/toast.ts";
import { t } from "../../words/words.ts";

export type Wanted = "none" | "failed" | "all";
export const WANTED: readonly Wanted[] = ["none", "failed", "all"];

const KEPT = "bellwire.notices";
const KEPT_BROWSER = "bellwire.notices.browser";
const FLUSH_MS = 1_000;
const SINGLE_MAX = 2; // of more at once only the numbers are told

export function wanted(): Wanted {
    const kept = localStorage.getItem(KEPT) as Wanted;
    return WANTED.includes(kept) ? kept : "failed";
}

export const setWanted = (which: Wanted): void => localStorage.setItem(KEPT, which);

export const canBrowser = (): boolean => "Notification" in globalThis;

export const wantsBrowser = (): boolean =>
    canBrowser() && localStorage.getItem(KEPT_BROWSER) === "yes" && Notification.permission === "granted";

/** Asks for leave where there is none yet. False: it was refused. */
export async function setBrowser(isWanted: boolean): Promise<boolean> {
    const may = !isWanted || (await Notification.requestPermission()) === "granted";
    localStorage.setItem(KEPT_BROWSER, isWanted && may ? "yes" : "no");
    return may;
}

interface Ended {
    id: string;
    title: string;
    isGood: boolean;
}

/** What an event says has ended; null when it says nothing of that kind. */
export function endedOf(event: BellwireEvent, titleOf: (id: string) => string | undefined): Ended | null {
    const { id, status, title } = event.data as { id?: string; status?: string; title?: string };
    const isGood = status === "completed";
    if (!id || (!isGood && status !== "failed" && status !== "timeout")) return null;
    return { id, title: title ?? titleOf(id) ?? id, isGood };
}

export class Notices {
    #waiting: Ended[] = [];
    #timer: ReturnType<typeof setTimeout> | undefined;

    take(ended: Ended | null): void {
        const which = wanted();
        if (!ended || which === "none" || (which === "failed" && ended.isGood)) return;
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
            if (those.length > SINGLE_MAX) {
                const status = isGood ? "completed" : "failed";
                tell(t(isGood ? "tasks.manyCompleted" : "tasks.manyFailed", { n: formatNumber(those.length, 0) }),
                    isGood, `/tasks?status=${status}&sort=-updated_at`);
                continue;
            }
            for (const { id, title } of those) {
                tell(t(isGood ? "tasks.oneCompleted" : "tasks.oneFailed", { title }), isGood,
                    `/tasks/${encodeURIComponent(id)}`);
            }
        }
    }
}

function tell(text: string, isGood: boolean, link: string): void {
    // An error stays until it is closed, which is right for what one did, not for what others do.
    toast(text, isGood ? "success" : "failure", link);
    if (!wantsBrowser() || document.hasFocus()) return;
    const notice = new Notification(text, { icon: "/favicon.svg", tag: link });
    notice.onclick = () => {
        globalThis.focus();
        location.assign(link);
    };
}
