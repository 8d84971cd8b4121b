// What stands between a browser and its server, and lets through only what it likes.

import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";

export class Proxy {
    #to;
    #server = createServer((asked, answer) => this.#pass(asked, answer));
    #open = new Set(); // { path, end } and, of what was upgraded, { hold, release }
    #blocked = [];
    toldBytes = 0; // over WebSockets, by the server
    url;

    // to: the server's URL. It may come and go.
    static async start(to) {
        const proxy = new Proxy();
        proxy.#to = new URL(to);
        proxy.#server.on("upgrade", (asked, socket, head) => proxy.#upgrade(asked, socket, head));
        proxy.#server.listen(0, "127.0.0.1");
        await once(proxy.#server, "listening");
        proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
        return proxy;
    }

    // From now on only what matches none of these gets through; what matches and is open is cut.
    block(...patterns) {
        this.#blocked = patterns;
        for (const { path, end } of this.#open) if (this.#refuses(path)) end();
    }

    // Whether something that matches is open.
    carries = (pattern) => [...this.#open].some(({ path }) => pattern.test(path));

    // WebSockets that are open hear nothing more from the server, which notices only that nobody reads.
    hold() {
        for (const { hold } of this.#open) hold?.();
    }

    release() {
        for (const { release } of this.#open) release?.();
    }

    end() {
        for (const { end } of this.#open) end();
        this.#server.closeAllConnections();
        this.#server.close();
    }

    #refuses = (path) => this.#blocked.some((pattern) => pattern.test(path));

    #pass(asked, answer) {
        if (this.#refuses(asked.url)) {
            asked.socket.destroy();
            return;
        }
        const { method, url: path, headers } = asked;
        const { hostname: host, port } = this.#to;
        const onward = request({ host, port, method, path, headers: { ...headers, host: this.#to.host }, agent: false });
        onward.on("response", (response) => {
            answer.writeHead(response.statusCode, response.headers);
            response.on("error", () => answer.destroy());
            response.pipe(answer);
            answer.flushHeaders();
        });
        onward.on("error", () => answer.destroy());
        answer.on("error", () => onward.destroy());
        const open = { path, end: () => { onward.destroy(); answer.destroy(); } };
        this.#open.add(open);
        answer.on("close", () => { this.#open.delete(open); onward.destroy(); });
        asked.pipe(onward);
    }

    #upgrade(asked, socket, head) {
        if (this.#refuses(asked.url)) {
            socket.destroy();
            return;
        }
        const onward = connect(Number(this.#to.port), this.#to.hostname);
        const lines = [`GET ${asked.url} HTTP/1.1`];
        for (let i = 0; i < asked.rawHeaders.length; i += 2) lines.push(`${asked.rawHeaders[i]}: ${asked.rawHeaders[i + 1]}`);
        onward.write(`${lines.join("\r\n")}\r\n\r\n`);
        onward.write(head);
        const open = {
            path: asked.url,
            end: () => { socket.destroy(); onward.destroy(); },
            hold: () => onward.unpipe(socket).pause(),
            release: () => onward.pipe(socket),
        };
        this.#open.add(open);
        onward.on("data", (bytes) => { this.toldBytes += bytes.length; });
        for (const side of [socket, onward]) {
            side.on("error", open.end);
            side.on("close", () => { this.#open.delete(open); open.end(); });
        }
        onward.pipe(socket).pipe(onward);
    }
}
