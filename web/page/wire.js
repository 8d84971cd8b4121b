// The way events take to the page: the WebSocket, and REST polling while it is away.
//
// DESIGN. Each topic has one cursor, and both ways move the same one. So whichever way is up goes on
// exactly after the last event seen, and what comes twice is dropped by its cursor. A topic without
// a cursor (new, or reset because its place cannot be served any more) first has its owner read the
// state anew by REST, and goes on from the cursor of that.

import { getJson } from "./api.js";
import { isAhead, isOtherEpoch, seqOf } from "./cursor.js";
import { setServerTime } from "./format.js";

const POLL_MS = 2500;
const POLL_LIMIT = 500; // events a page asks for at once …
const POLL_PAGES = 10; // … and pages before it reads the state anew instead
const BACKOFF_MS = [500, 15000];
const ANSWER_MS = 10000; // a silent server is asked, and given up after this
const GRACE_MS = 1500; // a socket that takes longer than this to open is polled around

class Subscription {
    cursor;
    awaiting = 0; // requests on this socket whose "subscribed" has not come yet
    live = false;
    reading = null; // promise of the state being read anew

    constructor(options) {
        Object.assign(this, options);
        this.cursor = options.after ?? null;
    }
}

export class Wire {
    state = "connecting"; // "live", or "polling" or "offline" while the socket is away
    onState = () => {};

    #url;
    #socket = null;
    #subscriptions = new Map(); // topic → Subscription
    #attempt = 0;
    #reconnectTimer = 0;
    #pollTimer = 0;
    #polling = null; // AbortController of the poll under way
    #heardAt = 0;
    #heartbeatMs = 25000;

    constructor(path = "/ws/realtime") {
        this.#url = new URL(path, location.href);
        this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    }

    start() {
        addEventListener("online", () => this.reconnect());
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden && this.state !== "live") this.reconnect();
        });
        setInterval(() => this.#checkSilence(), ANSWER_MS / 2);
        this.#connect();
        this.#pollSoon(GRACE_MS);
    }

    // Tries now instead of when the back-off is over.
    reconnect() {
        if (this.#socket !== null) return;
        clearTimeout(this.#reconnectTimer);
        this.#attempt = 0;
        this.#connect();
    }

    // options: topic, filter?, catchup?, after? (a cursor), pollPath(cursor, limit),
    //   onEvent(event), onTasks(rows), readState(reason): a promise of the cursor it stands for.
    // One subscription per topic; a new one replaces the old one.
    subscribe(options) {
        const old = this.#subscriptions.get(options.topic);
        const subscription = new Subscription(options);
        subscription.awaiting = old?.awaiting ?? 0;
        this.#subscriptions.set(options.topic, subscription);
        if (this.#isOpen()) {
            if (old?.live) this.#send({ type: "unsubscribe", topic: options.topic });
            this.#request(subscription);
        }
        // Polling serves it if there is no socket, or the socket does not take it.
        if (this.state !== "connecting") this.#pollSoon(this.#isOpen() ? POLL_MS : 0);
        return subscription;
    }

    unsubscribe(subscription) {
        if (!this.#isCurrent(subscription)) return;
        this.#subscriptions.delete(subscription.topic);
        if (this.#isOpen()) this.#send({ type: "unsubscribe", topic: subscription.topic });
        this.#settle();
    }

    // --- The socket ---------------------------------------------------------------------------

    #isOpen() {
        return this.#socket?.readyState === WebSocket.OPEN;
    }

    #connect() {
        const socket = new WebSocket(this.#url);
        this.#socket = socket;
        socket.onopen = () => {
            for (const subscription of this.#subscriptions.values()) {
                subscription.awaiting = 0;
                this.#request(subscription);
            }
            this.#heardAt = performance.now();
        };
        socket.onmessage = (message) => {
            this.#heardAt = performance.now();
            this.#take(JSON.parse(message.data));
        };
        socket.onclose = () => this.#lost(socket);
    }

    #lost(socket) {
        if (this.#socket !== socket) return;
        this.#socket = null;
        for (const subscription of this.#subscriptions.values()) subscription.live = false;
        const [least, most] = BACKOFF_MS;
        const wait = Math.min(most, least * 2 ** this.#attempt++);
        this.#reconnectTimer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
        this.#pollSoon(this.state === "live" ? GRACE_MS : POLL_MS);
    }

    // A connection may die without a word. After a silence the server is asked; if it does not
    // answer either, the socket is given up.
    #checkSilence() {
        if (!this.#isOpen()) return;
        const silenceMs = performance.now() - this.#heardAt;
        if (silenceMs > this.#heartbeatMs + ANSWER_MS) {
            this.#socket.close();
            this.#lost(this.#socket);
        } else if (silenceMs > this.#heartbeatMs) {
            this.#send({ type: "ping" });
        }
    }

    #send(message) {
        this.#socket.send(JSON.stringify(message));
    }

    async #request(subscription) {
        const socket = this.#socket;
        subscription.live = false;
        try {
            if (subscription.cursor === null) await this.#readState(subscription, "new");
        } catch {
            return; // polling tries again
        }
        if (socket !== this.#socket || !this.#isCurrent(subscription)) return;
        const { topic, filter, catchup, cursor } = subscription;
        subscription.awaiting++;
        this.#send({ type: "subscribe", topic, filter, catchup, after: cursor });
    }

    #isCurrent(subscription) {
        return this.#subscriptions.get(subscription.topic) === subscription;
    }

    #readState(subscription, reason) {
        subscription.cursor = null;
        subscription.reading ??= subscription
            .readState(reason)
            .then((cursor) => {
                if (isAhead(cursor, subscription.cursor)) subscription.cursor = cursor;
            })
            .finally(() => (subscription.reading = null));
        return subscription.reading;
    }

    #take(frame) {
        if (frame.type === "connected") {
            setServerTime(frame.server_time);
            if (frame.heartbeat_s) this.#heartbeatMs = frame.heartbeat_s * 1000;
            return;
        }
        if (frame.type === "error") console.warn("bellwire:", frame.code, frame.message);
        const subscription = this.#subscriptions.get(frame.topic);
        if (!subscription) return;
        if (frame.type === "subscribed") {
            subscription.awaiting = Math.max(0, subscription.awaiting - 1);
            if (subscription.awaiting > 0) return;
            subscription.live = true;
            this.#settle();
            return;
        }
        // What still arrives for the subscription before this one is not for this one.
        if (subscription.live) this.#apply(subscription, frame);
    }

    #apply(subscription, frame) {
        switch (frame.type) {
        case "event":
            if (isOtherEpoch(frame.cursor, subscription.cursor)) {
                this.#reset(subscription, "epoch");
            } else if (isAhead(frame.cursor, subscription.cursor)) {
                subscription.cursor = frame.cursor;
                subscription.onEvent(frame);
            }
            break;
        case "conflated":
        case "snapshot":
            if (frame.deleted) this.#takeAway(subscription, frame);
            subscription.onTasks?.(frame.tasks);
            if (isAhead(frame.cursor, subscription.cursor)) subscription.cursor = frame.cursor;
            break;
        case "reset":
            this.#reset(subscription, frame.reason);
            break;
        }
    }

    // What was deleted meanwhile. A task that was made again is among the rows, or in a later frame.
    #takeAway(subscription, frame) {
        const again = new Set(frame.tasks.map((task) => task.id));
        const gone = frame.deleted.filter((id) => !again.has(id));
        subscription.onDeleted?.(gone, seqOf(frame.cursor));
    }

    #reset(subscription, reason) {
        // Without the state there is nothing to go on from: begin again.
        this.#readState(subscription, reason).catch(() => this.#socket?.close());
    }

    // --- The state, and polling -----------------------------------------------------------------

    #settle() {
        if (!this.#isLive()) return;
        this.#attempt = 0;
        clearTimeout(this.#pollTimer);
        this.#polling?.abort();
        this.#polling = null;
        this.#become("live");
    }

    #become(state) {
        if (this.state === state) return;
        this.state = state;
        this.onState(state);
    }

    #isLive() {
        const topics = [...this.#subscriptions.values()];
        return this.#isOpen() && topics.every((s) => s.live);
    }

    #pollSoon(ms) {
        if (this.#polling) return;
        clearTimeout(this.#pollTimer);
        this.#pollTimer = setTimeout(() => this.#poll(), ms);
    }

    async #poll() {
        if (this.#isLive()) return;
        const controller = new AbortController();
        this.#polling = controller;
        try {
            for (const subscription of [...this.#subscriptions.values()]) {
                await this.#catchUp(subscription, controller.signal);
            }
            if (!controller.signal.aborted) this.#become("polling");
        } catch {
            if (!controller.signal.aborted) this.#become("offline");
        }
        if (this.#polling !== controller) return;
        this.#polling = null;
        this.#pollSoon(POLL_MS);
    }

    async #catchUp(subscription, signal) {
        if (subscription.cursor === null) {
            await this.#readState(subscription, "new");
            if (this.#isOpen() && this.#isCurrent(subscription)) await this.#request(subscription);
            return;
        }
        for (let page = 0; page < POLL_PAGES; page++) {
            const path = subscription.pollPath(subscription.cursor, POLL_LIMIT);
            const { data, cursor, reset, reason } = await getJson(path, signal);
            if (signal.aborted || !this.#isCurrent(subscription)) return;
            if (reset) {
                await this.#readState(subscription, reason);
                return;
            }
            for (const event of data.events) this.#apply(subscription, { ...event, type: "event" });
            if (isAhead(cursor, subscription.cursor)) subscription.cursor = cursor;
            if (!data.more) return;
        }
        await this.#readState(subscription, "behind");
    }
}
