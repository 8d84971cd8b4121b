// The bell in the frame: tells on every page that tasks have completed or failed, there and, where that was asked
// for, by the browser.
//
// DESIGN. The bell has a connection of its own, by which the server sends nothing but the ends of tasks: on that of
// the page they would mix with what it shows, and it would have to take every event there is. It may be a WebSocket
// or asks every few seconds: a browser allows few streams of other kinds to a server, and those are the page's.
import { type Client, connect } from "bellwire";
import { html, type TemplateResult } from "lit";
import bellIcon from "bootstrap-icons/icons/bell.svg?raw";
import noBell from "bootstrap-icons/icons/bell-slash.svg?raw";
import { Element } from "../kit/element.ts";
import { icon } from "../kit/icon.ts";
import { openMenu } from "../kit/menu.ts";
import { toast } from "../kit/toast.ts";
import { t } from "../words/words.ts";
import { client } from "../wire.ts";
import { go } from "./navigate.ts";
import { ENDING, type Notice, Notices, type Wanted } from "./notices.ts";

const WANTED: readonly Wanted[] = ["none", "failed", "all"];
const KEPT = "bellwire.notices";
const KEPT_BROWSER = "bellwire.notices.browser";

function keptWanted(): Wanted {
    const kept = localStorage.getItem(KEPT) as Wanted;
    return WANTED.includes(kept) ? kept : "failed";
}

const canBrowser = (): boolean => "Notification" in globalThis;
const wantsBrowser = (): boolean =>
    canBrowser() && localStorage.getItem(KEPT_BROWSER) === "yes" && Notification.permission === "granted";

/** Asks for leave where there is none yet. */
async function setBrowser(isWanted: boolean): Promise<void> {
    const may = !isWanted || (await Notification.requestPermission()) === "granted";
    localStorage.setItem(KEPT_BROWSER, isWanted && may ? "yes" : "no");
    if (!may) toast(t("notices.denied"), "error");
}

async function titleOf(id: string): Promise<string> {
    const task = client.tasks.get(id) ?? await client.task(id).get().catch(() => null);
    return task?.title || id;
}

function tell({ text, isGood, link }: Notice): void {
    // An error stays until it is closed, which is right for what one did, not for what others do.
    toast(text, isGood ? "success" : "failure", link);
    if (!wantsBrowser() || document.hasFocus()) return;
    try {
        const notice = new Notification(text, { icon: "/favicon.svg", tag: link }); // of several tabs one is shown
        notice.onclick = () => {
            globalThis.focus();
            go(link);
        };
    } catch {
        localStorage.setItem(KEPT_BROWSER, "no"); // a phone's browser allows it, and then refuses all the same
    }
}

export class Bell extends Element {
    readonly #notices = new Notices(keptWanted(), titleOf, tell);
    #client: Client | null = null;

    override connectedCallback(): void {
        super.connectedCallback();
        this.#listen();
        this.whileConnected(() => this.#client?.close());
        this.whileConnected(() => this.#notices.close());
    }

    /** As long as something is wanted. */
    #listen(): void {
        if ((this.#notices.wanted !== "none") === (this.#client !== null)) return;
        this.#client?.close();
        this.#client = this.#client ? null : connect({ transports: ["websocket", "poll"] });
        this.#client?.subscribe("system", { filter: { event_types: ENDING } }, (event) => this.#notices.take(event));
    }

    #want(wanted: Wanted): void {
        localStorage.setItem(KEPT, wanted);
        this.#notices.wanted = wanted;
        this.#listen();
        this.requestUpdate();
    }

    readonly #open = ({ currentTarget }: Event): void => {
        openMenu(currentTarget as HTMLElement, t("notices"), () => [
            ...WANTED.map((which) => ({
                label: t(`notices.${which}`), checked: this.#notices.wanted === which, keeps: true, run: () => this.#want(which),
            })),
            null,
            {
                label: t("notices.browser"), checked: wantsBrowser(), disabled: canBrowser() ? null : t("notices.denied"),
                run: () => void setBrowser(!wantsBrowser()),
            },
        ]);
    };

    protected override render(): TemplateResult {
        return html`<button type="button" class="btn btn-icon" aria-haspopup="menu" title=${t("notices")} aria-label=${t("notices")}
            @click=${this.#open}>${icon(this.#notices.wanted === "none" ? noBell : bellIcon)}</button>`;
    }
}
customElements.define("bw-bell", Bell);
