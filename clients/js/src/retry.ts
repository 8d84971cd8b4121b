// Requests that are repeated until they are answered, with pauses that grow.
import { BellwireError } from "./error.ts";
import { backoff, pause } from "./settings.ts";

/**
 * Resolves with what `ask` gives, or undefined when `signal` ended it. Only what cannot succeed
 * later is thrown; what can is told to `onFailure` and asked again.
 */
export async function persistently<T>(
    ask: () => Promise<T>, pauses: readonly [number, number], signal: AbortSignal,
    onFailure: (error: BellwireError) => void = () => {},
): Promise<T | undefined> {
    for (let attempt = 0; !signal.aborted; attempt++) {
        try {
            return await ask();
        } catch (error) {
            if (signal.aborted) break;
            if (!(error instanceof BellwireError) || !error.isPassing) throw error;
            onFailure(error);
            await pause(Math.max(backoff(pauses, attempt), error.retryAfterMs ?? 0));
        }
    }
    return undefined;
}
