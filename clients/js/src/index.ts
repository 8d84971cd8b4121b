// bellwire: what tasks say, as it happens, in a page or in Node.
export { type Client, connect, type ConnectOptions } from "./client.ts";
export { type BulkResult, type Command, type Commanded, type Outcome, type TaskHandle } from "./commands.ts";
export { BellwireError } from "./error.ts";
export type { Answer, Http, Query, Request, Token } from "./http.ts";
export type { State } from "./ladder.ts";
export type { TaskList } from "./list.ts";
export type { Timing } from "./settings.ts";
export type { TaskStore } from "./store.ts";
export type { EventHandler, SubscribeOptions, Subscription } from "./subscription.ts";
export type { TransportName } from "./transports/transport.ts";
export {
    type Action, type BellwireEvent, type Cursor, type Filter, isFinal, type Status, type Task,
    type TaskError, type TaskQuery,
} from "./types.ts";
