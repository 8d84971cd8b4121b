// The frame around every page: where one is, where one can go, and whether it is live.
import { html, nothing, type TemplateResult } from "lit";
import translate from "bootstrap-icons/icons/translate.svg?raw";
import keyboard from "bootstrap-icons/icons/keyboard.svg?raw";
import moon from "bootstrap-icons/icons/moon-stars.svg?raw";
import sun from "bootstrap-icons/icons/sun.svg?raw";
import { Element } from "../kit/element.ts";
import { icon } from "../kit/icon.ts";
import { language, setLanguage, t } from "../words/words.ts";
import { client } from "../wire.ts";
import "./bell.ts";
import { openHelp } from "./help.ts";
import { go, onNavigate } from "./navigate.ts";
import { type Route, routeOf } from "./routes.ts";
import { isDark, toggleTheme } from "./theme.ts";

const PAGES = [["overview", "/"], ["tasks", "/tasks"], ["logs", "/logs"]] as const;

export class Shell extends Element {
    #route: Route = routeOf(location.pathname);
    #page: HTMLElement | null = null;
    #broken = false;

    override connectedCallback(): void {
        super.connectedCallback();
        this.whileConnected(client.onState(() => this.requestUpdate()));
        this.whileConnected(onNavigate(() => void this.#show()));
        void this.#show();
    }

    async #show(): Promise<void> {
        const route = routeOf(location.pathname);
        this.#route = route;
        try {
            await route.load();
            this.#broken = false;
        } catch (error) {
            console.error(error);
            this.#broken = true;
        }
        if (route !== this.#route) return; // somebody went on meanwhile
        if (!this.#broken && this.#page?.localName !== route.tag) this.#page = document.createElement(route.tag);
        if (!this.#broken && this.#page) Object.assign(this.#page, route.args);
        this.requestUpdate();
    }

    protected override render(): TemplateResult {
        return html`
            <nav class="bw-nav" aria-label=${t("nav.main")}>
                <a class="bw-brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26"><span>Bellwire</span></a>
                <div class="bw-nav-links">${PAGES.map(([name, path]) => html`
                    <a href=${path} aria-current=${this.#route.nav === name ? "page" : nothing}>${t(`nav.${name}`)}</a>`)}
                </div>
                <div class="bw-nav-tools">
                    <bw-bell></bw-bell>
                    <button type="button" class="btn btn-icon bw-nav-keyboard" title=${t("help.open")} aria-label=${t("help.open")}
                        @click=${openHelp}>${icon(keyboard)}</button>
                    <button type="button" class="btn btn-icon" title=${t("theme.toggle")} aria-label=${t("theme.toggle")}
                        @click=${() => { toggleTheme(); this.requestUpdate(); }}>${icon(isDark() ? sun : moon)}</button>
                    <button type="button" class="btn btn-icon" lang=${language() === "en" ? "zh-CN" : "en"}
                        @click=${() => setLanguage(language() === "en" ? "zh" : "en")}>${icon(translate)} ${t("language.toggle")}</button>
                </div>
            </nav>
            <main class="bw-main">${this.#broken ? this.#renderBroken() : this.#page}</main>
            <div class="bw-live" data-state=${client.state} role="status"><i></i>${t(`live.${client.state}`)}</div>`;
    }

    #renderBroken(): TemplateResult {
        return html`<div class="bw-empty" role="alert"><p>${t("error.page")}</p>
            <button type="button" class="btn btn-primary" @click=${() => void this.#show()}>${t("error.retry")}</button></div>`;
    }
}
customElements.define("bw-shell", Shell);

/** Links within these pages do not load them anew. */
document.addEventListener("click", (event) => {
    const link = (event.target as HTMLElement).closest?.("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!(link instanceof HTMLAnchorElement) || !plain || event.defaultPrevented) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || (link.hash && link.pathname === location.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
});
