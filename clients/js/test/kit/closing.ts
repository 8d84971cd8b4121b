// A program that closes its client at some moment and has nothing else to do: so it ends, or was kept from it
// by what the client has left behind. Nothing that the client waits for comes by itself.
import { type Client, connect, type TransportName } from "../../src/index.ts";

export interface Closing {
    url: string;
    transport?: TransportName;
    moment: keyof typeof MOMENTS;
}

const DAY = 24 * 60 * 60 * 1000;
const TIMING = {
    backoffMs: [DAY, DAY], openMs: DAY, pollMs: DAY, upgradeMs: [DAY, DAY], silenceMs: DAY, lingerMs: DAY,
} as const;

const MOMENTS = {
    event: (bell: Client) => void bell.subscribe("logs", { after: "oldest" }, () => bell.close()),
    open: (bell: Client) => {
        bell.subscribe("logs", {}, () => {});
        bell.onState(() => bell.close());
    },
    rows: (bell: Client) => {
        const list = bell.tasks.list();
        bell.tasks.watch("t");
        list.onChange(() => list.isLoaded && bell.tasks.get("t") && bell.close());
    },
    offline: (bell: Client) => {
        bell.tasks.list();
        bell.tasks.watch("t");
        bell.subscribe("logs", {}, () => {});
        bell.onState((state) => state === "offline" && bell.close());
    },
    waiting: (bell: Client) => {
        bell.tasks.list();
        bell.tasks.watch("t");
        bell.subscribe("logs", { after: "oldest" }, () => {});
        setTimeout(() => bell.close(), 200);
    },
};

const [, , closing] = process.argv;
if (closing) {
    const { url, transport, moment } = JSON.parse(closing) as Closing;
    MOMENTS[moment](connect({ url, timing: TIMING, ...(transport && { transports: [transport] }) }));
}
