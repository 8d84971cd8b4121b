// Questions that could not be answered are asked again.
import type { BellwireError } from "bellwire";

const AGAIN_MS = 2_000;

/** Whether the error is one that passes: then `ask` is called in a while. */
export function askAgain(error: unknown, ask: () => void): boolean {
    const passes = (error as Partial<BellwireError>).isPassing === true;
    if (passes) setTimeout(ask, AGAIN_MS);
    return passes;
}
