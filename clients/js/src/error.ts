// What the server refuses, and what it could not be asked.
import type { Frame } from "./types.ts";

/** A request that failed: `code` is for programs, `message` for people. */
export class BellwireError extends Error {
    /** As docs/http.md lists them; `network` when there was no answer. */
    readonly code: string;
    /** The HTTP status; 0 when there was no answer, or when a WebSocket told it. */
    readonly status: number = 0;
    /** What is wrong in the request: a parameter, a header or a member of the body. */
    readonly field: string | null = null;
    /** When the server would be asked again, in milliseconds; null where it does not say. */
    readonly retryAfterMs: number | null = null;

    constructor(
        code: string, message: string,
        more: { status?: number; field?: string | null; retryAfterMs?: number | null;
            cause?: unknown } = {},
    ) {
        super(message);
        this.name = "BellwireError";
        this.code = code;
        Object.assign(this, more);
    }

    /** Whether the same request can succeed later. */
    get isPassing(): boolean {
        return !REFUSAL.test(this.code);
    }
}

/** What a stream's error frame says for good; null for what the server makes good by itself. */
export function refusalOf(frame: Frame): BellwireError | null {
    if (frame.type !== "error") return null;
    const { code, message, field = null } = frame;
    const error = new BellwireError(code, message, { field });
    return error.isPassing ? null : error;
}

/** Whatever else comes, from a proxy whose server is away, say, passes. */
const REFUSAL = /^(invalid|too_big|unsupported|not_found|conflict|forbidden|unauthorized)$/;

/** Errors of callers' own functions are theirs: reported as uncaught, and nothing here stops. */
export function guarded(call: () => void): void {
    try {
        call();
    } catch (error) {
        queueMicrotask(() => {
            throw error;
        });
    }
}
