// Requests: addresses, the token, and errors that say what was wrong.
import { BellwireError } from "./error.ts";
import { joinValues } from "./values.ts";

/** A token, or a function that gets one: called when there is none yet, and when it was refused. */
export type Token = string | (() => string | Promise<string>);

export type Query = Record<string, string | number | readonly string[] | null | undefined>;

export interface Request {
    method?: string;
    query?: Query;
    body?: unknown;
    signal?: AbortSignal | null;
    timeoutMs?: number;
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
    #current: Promise<string> | undefined;

    constructor(base: URL, options: { token?: Token; fetch?: typeof fetch }) {
        this.#base = base;
        this.#token = options.token;
        this.#fetch = options.fetch ?? globalThis.fetch;
    }

    /** The path below the base. A list is joined by commas; what is empty or missing is left out. */
    url(path: string, query: Query = {}): URL {
        const url = new URL(path, this.#base);
        for (const [name, value] of Object.entries(query)) {
            const text = Array.isArray(value) ? joinValues(value) : String(value ?? "");
            if (text) url.searchParams.set(name, text);
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
        const signal = AbortSignal.any([request.signal ?? limit, limit]);
        const response = await this.open(path, { ...request, signal });
        const answer = await response.json().catch((cause: unknown) => {
            throw new BellwireError("network", `${path}: no JSON`, { cause });
        }) as Answer<T>;
        return { ...answer, response };
    }

    /** A good answer, its body not read yet. A refused token is renewed once. */
    async open(path: string, request: Request, isRenewed = false): Promise<Response> {
        const { query, body, ...init } = request;
        // With or without a body: by this type the server knows that it is no form of another site's page.
        const headers: Record<string, string> = { "content-type": "application/json" };
        const token = await this.#getToken(isRenewed);
        if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
        const fetch_ = this.#fetch; // not as our method: it would mind
        const response = await fetch_(this.url(path, query), {
            ...init, headers, body: JSON.stringify(body),
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
    async #getToken(renew: boolean): Promise<string | undefined> {
        const token = this.#token;
        if (typeof token !== "function") return token;
        if (renew) this.#current = undefined;
        this.#current ??= Promise.resolve().then(token).catch((error: unknown) => {
            this.#current = undefined;
            throw error;
        });
        return this.#current;
    }
}

async function problemOf(response: Response): Promise<BellwireError> {
    const { status, headers } = response;
    const { code = "http", detail = `HTTP ${status}`, field = null } =
        (await response.json().catch(() => null) ?? {}) as Record<string, string>;
    // It may be a date as well: that is not understood.
    const retryAfterMs = Number(headers.get("retry-after")) * 1000 || null;
    return new BellwireError(code, detail, { status, field, retryAfterMs });
}
