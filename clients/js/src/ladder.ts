// The ladder: the best transport that works, whatever becomes of the others.
//
// DESIGN. Rungs are tried from the best down until one opens. While a lower one is in use, the better
// ones are tried again from time to time, beside it: only when one of them has opened is the lower
// one let go. Both may say the same for a moment, which the subscriptions' cursors sort out. When the
// one in use is lost, all are tried again; when none opens, the same after a pause that grows.
import { BellwireError } from "./error.ts";
import { backoff, type Timing } from "./settings.ts";
import type { Fate, Transport, TransportName } from "./transports/transport.ts";

/**
 * `live`: events come as they happen. `polling`: they come every few seconds. `reconnecting`: the
 * connection is being made. `offline`: nothing works at the moment; it is tried again.
 */
export type State = "live" | "reconnecting" | "polling" | "offline";

/** A transport that can be made. */
export type Rung = readonly [name: TransportName, make: (fate: Fate) => Transport];

interface InUse {
    rung: number;
    transport: Transport;
    since: number;
}

export class Ladder {
    state: State = "reconnecting";
    /** Why the last transport was lost, or did not open. */
    error: unknown = null;
    /** The transports that are in use or being tried. */
    readonly active = new Set<Transport>();
    readonly #rungs: readonly Rung[];
    readonly #timing: Timing;
    /** Has to succeed before a transport is made. */
    readonly #prepare: () => Promise<void>;
    readonly #onState: () => void;
    #inUse: InUse | null = null;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #limit: ReturnType<typeof setTimeout> | undefined;
    #attempt = 0;
    #upgrades = 0;
    #isClimbing = false;
    #isClosed = false;

    constructor(
        rungs: readonly Rung[], timing: Timing, prepare: () => Promise<void>, onState: () => void,
    ) {
        this.#rungs = rungs;
        this.#timing = timing;
        this.#prepare = prepare;
        this.#onState = onState;
    }

    get transport(): TransportName | null {
        return this.#inUse ? this.#rungs[this.#inUse.rung]![0] : null;
    }

    /** Tries now, and not when the pause is over. */
    async climb(): Promise<void> {
        if (this.#isClosed || this.#isClimbing) return;
        clearTimeout(this.#timer);
        this.#isClimbing = true;
        try {
            await this.#prepare();
            for (let rung = 0; rung < (this.#inUse?.rung ?? this.#rungs.length); rung++) {
                if (this.#isClosed || await this.#try(rung)) break;
            }
        } catch (error) {
            this.error = error;
        }
        this.#isClimbing = false;
        if (!this.#inUse) this.#become("offline");
        this.#again();
    }

    /** As when the network comes back: what was learnt of the pauses is forgotten. */
    retry(): void {
        this.#attempt = this.#upgrades = 0;
        if (this.#inUse?.rung !== 0) void this.climb();
    }

    close(): void {
        this.#isClosed = true;
        clearTimeout(this.#timer);
        clearTimeout(this.#limit);
        for (const transport of this.active) transport.stop();
    }

    /** Resolves when it has opened (true) or failed to. */
    #try(rung: number): Promise<boolean> {
        return new Promise((resolve) => {
            const lost = (error: unknown): void => {
                if (!this.active.delete(transport)) return;
                clearTimeout(limit);
                transport.stop();
                this.error = error;
                if (this.#inUse?.transport === transport) this.#lost();
                resolve(false);
            };
            const opened = (): void => {
                if (!this.active.has(transport) || this.#inUse?.transport === transport) return;
                clearTimeout(limit);
                this.#adopt(rung, transport);
                resolve(true);
            };
            const transport = this.#rungs[rung]![1]({ opened, lost });
            const limit = this.#limit = setTimeout(
                () => lost(new BellwireError("network", "it does not open")),
                this.#timing.openMs);
            this.active.add(transport);
            transport.start();
        });
    }

    #adopt(rung: number, transport: Transport): void {
        const before = this.#inUse;
        this.#inUse = { rung, transport, since: Date.now() };
        if (before) {
            before.transport.stop();
            this.active.delete(before.transport);
        }
        if (rung === 0) this.#upgrades = 0;
        this.error = null;
        this.#become(this.transport === "poll" ? "polling" : "live");
    }

    #lost(): void {
        // Who loses its connection as soon as it has it waits longer and longer too.
        if (Date.now() - this.#inUse!.since > 10 * this.#timing.backoffMs[0]) this.#attempt = 0;
        this.#inUse = null;
        this.#become("reconnecting");
        if (!this.#isClimbing) this.#again();
    }

    /** The next try: soon after a loss, later after a failure, and upwards from a lower rung. */
    #again(): void {
        if (this.#isClosed) return;
        clearTimeout(this.#timer);
        const inUse = this.#inUse;
        if (inUse?.rung === 0) return;
        const wait = inUse ? backoff(this.#timing.upgradeMs, this.#upgrades++)
            : backoff(this.#timing.backoffMs, this.#attempt++);
        this.#timer = setTimeout(() => void this.climb(), wait);
    }

    #become(state: State): void {
        if (this.state === state || this.#isClosed) return;
        this.state = state;
        this.#onState();
    }
}
