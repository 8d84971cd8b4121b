// The client of the page's own server, made when it is first needed; for components to which nobody
// gave another.
import { type Client, connect } from "./index.ts";

const clients = new Map<string, Client>();

/** One client per server, shared by all who ask; `url` is relative to the page. */
export function pageClient(url = ""): Client {
    const { href } = new URL(url || "/", globalThis.location?.href);
    let client = clients.get(href);
    if (!client) clients.set(href, client = connect({ url: href }));
    return client;
}

/** From now on `pageClient(url)` is this one: with a token, say. */
export function setPageClient(client: Client, url = ""): void {
    clients.set(new URL(url || "/", globalThis.location?.href).href, client);
}
