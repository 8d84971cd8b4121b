// How long things take. The defaults suit pages; tests and unusual networks change them.

/** In milliseconds. A pair is the shortest and the longest wait of a growing one. */
export interface Timing {
    /** Between attempts to connect. */
    backoffMs: readonly [number, number];
    /** Until a transport that does not open is given up for the next one. */
    openMs: number;
    /** Between polls, where nothing better gets through. */
    pollMs: number;
    /** Until a better transport than the one in use is tried again. */
    upgradeMs: readonly [number, number];
    /** A silent stream is given up after this; a server says something every 15 s, or when asked. */
    silenceMs: number;
    /** How long a connection that nobody needs any more is kept. */
    lingerMs: number;
}

export const TIMING: Timing = {
    backoffMs: [500, 15_000],
    openMs: 5_000,
    pollMs: 2_500,
    upgradeMs: [5_000, 60_000],
    silenceMs: 45_000,
    lingerMs: 1_000,
};

/** Doubles from the first to the last; the jitter (half of it) keeps a thousand pages apart. */
export const backoff = ([least, most]: readonly [number, number], attempt: number): number =>
    Math.min(most, least * 2 ** attempt) * (0.5 + Math.random() / 2);

/** Shorter where `signal` ends it: a timer that is left keeps a program from its end. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
        const end = (): void => {
            clearTimeout(timer);
            signal.removeEventListener("abort", end);
            resolve();
        };
        const timer = setTimeout(end, signal.aborted ? 0 : ms);
        signal.addEventListener("abort", end);
    });
