// Requests: addresses, the token, and errors that say what was wrong.
import { BellwireError } from "./error.ts";

/** A token, or a function that gets one: called when there is none yet, and when it was refused. */
export type Token = string | (() => string | Promise<string>);

export type Query = Record<string, string | number | readonly string[] | null | undefined>;

export interface Request {
    method?: string;
    query?: Query;
    body?: unknown;
    signal?: AbortSignal | undefined;
    timeoutMs?: number;
    accept?: string;
}

/** An answer's JSON: `data`, and the cursor it is true for. */
export interface Answer<T> {
    data: T;
    cursor: string;
    [member: string]: unknown;
}

const TIMEOUT_MS = 30_000;
const UNAUTHORIZED = 401;

export class Http {
    readonly #base: URL;
    readonly #token: Token | undefined;
    readonly #fetch: typeof fetch;
    #current: Promise<string> | null = null;

    constructor(base: URL, token: Token | undefined, fetch_: typeof fetch) {
        this.#base = base;
        this.#token = token;
        this.#fetch = fetch_;
    }

    /** The path below the base; members that are empty or missing are left out. */
    url(path: string, query: Query = {}): URL {
        const url = new URL(path, this.#base);
        for (const [name, value] of Object.entries(query)) {
            const text = String(value ?? ""); // a list's members with commas between them
            if (text !== "") url.searchParams.set(name, text);
        }
        return url;
    }

    /** As `url`, for a WebSocket, whose handshake can carry no header: the token is in it. */
    async socketUrl(path: string): Promise<URL> {
        const url = this.url(path, { access_token: await this.#getToken(true) });
        url.protocol = url.protocol.replace("http", "ws");
        return url;
    }

    async json<T>(path: string, request: Request = {}): Promise<Answer<T> & { response: Response }> {
        const limit = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
        const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit;
        const response = await this.open(path, { ...request, signal });
        try {
            return { ...(await response.json() as Answer<T>), response };
        } catch (cause) {
            throw new BellwireError("network", `${path}: the answer is no JSON`, { cause });
        }
    }

    /** A good answer, its body not read yet. A refused token is renewed once. */
    async open(path: string, request: Request, isRenewed = false): Promise<Response> {
        const { method = "GET", query, body, signal = null, accept = "application/json" } = request;
        const headers: Record<string, string> = { accept };
        const token = await this.#getToken(isRenewed);
        if (token !== null) headers["authorization"] = `Bearer ${token}`;
        if (body !== undefined) headers["content-type"] = "application/json";
        const fetch_ = this.#fetch; // not as our method: it would mind
        const response = await fetch_(this.url(path, query), {
            method, headers, body: JSON.stringify(body) ?? null, signal,
        }).catch((cause: unknown) => {
            throw new BellwireError("network", `no answer from ${this.#base.origin}`, { cause });
        });
        if (response.ok) return response;
        if (response.status === UNAUTHORIZED && !isRenewed && typeof this.#token === "function") {
            await response.body?.cancel();
            return this.open(path, request, true);
        }
        throw await problemOf(response);
    }

    /** One call at a time, whoever asks. */
    #getToken(renew: boolean): Promise<string | null> {
        const token = this.#token;
        if (token === undefined) return Promise.resolve(null);
        if (typeof token === "string") return Promise.resolve(token);
        if (renew) this.#current = null;
        this.#current ??= Promise.resolve().then(token).catch((error: unknown) => {
            this.#current = null;
            throw error;
        });
        return this.#current;
    }
}

async function problemOf(response: Response): Promise<BellwireError> {
    const problem = await response.json().catch(() => null) as Record<string, string> | null;
    const after = response.headers.get("retry-after");
    return new BellwireError(problem?.["code"] ?? "http",
        problem?.["detail"] ?? `HTTP status ${response.status}`, {
            status: response.status,
            field: problem?.["field"] ?? null,
            // It may be a date as well: that is not understood.
            retryAfterMs: after === null ? null : Number(after) * 1000 || null,
        });
}
