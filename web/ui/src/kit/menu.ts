// A small menu that opens beside what was clicked: a native popover, moved through by the arrow keys.
import { html, nothing, render, type TemplateResult } from "lit";

import { icon } from "./icon.ts";

export interface MenuItem {
    label: string;
    icon?: string;
    /** What it does, where its name does not say. */
    title?: string;
    /** Why it cannot be chosen now. */
    disabled?: string | null;
    danger?: boolean;
    checked?: boolean;
    /** Stays open when chosen, as for a row of switches. */
    keeps?: boolean;
    run: () => void;
}

const GAP_PX = 4;
let open: HTMLElement | null = null;

/** Opens it at an element or at a point; another one that is open closes. */
export function openMenu(
    at: Element | { x: number; y: number }, label: string, items: () => readonly (MenuItem | null)[],
): void {
    open?.hidePopover();
    const before = document.activeElement as HTMLElement | null;
    const menu = document.createElement("div");
    menu.className = "bw-menu";
    menu.popover = "auto";
    menu.setAttribute("role", "menu");
    menu.setAttribute("aria-label", label);
    const draw = (): void => {
        render(items().map((item) => template(item, choose)), menu);
    };
    const choose = (item: MenuItem): void => {
        if (item.disabled) return;
        if (!item.keeps) menu.hidePopover();
        item.run();
        if (item.keeps) draw();
    };
    draw();
    document.body.append(menu);
    menu.addEventListener("keydown", (event) => move(menu, event));
    menu.addEventListener("toggle", (event) => {
        if ((event as ToggleEvent).newState !== "closed") return;
        const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
        menu.remove();
        if (open === menu) open = null;
        if (hadFocus) before?.focus();
    });
    menu.showPopover();
    place(menu, at);
    open = menu;
    buttons(menu)[0]?.focus();
}

function template(item: MenuItem | null, choose: (item: MenuItem) => void): TemplateResult {
    if (!item) return html`<hr role="separator" />`;
    const { checked, disabled } = item;
    return html`<button type="button" role=${checked === undefined ? "menuitem" : "menuitemcheckbox"}
        class=${item.danger ? "is-grave" : ""} tabindex="-1"
        aria-checked=${checked === undefined ? nothing : String(checked)}
        aria-disabled=${String(Boolean(disabled))} title=${disabled ?? item.title ?? nothing}
        @click=${() => choose(item)}>${item.icon ? icon(item.icon) : ""}${item.label}</button>`;
}

const buttons = (menu: HTMLElement): HTMLElement[] => [...menu.querySelectorAll("button")];

function move(menu: HTMLElement, event: KeyboardEvent): void {
    const all = buttons(menu);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    event.stopPropagation(); // the page's own keys rest
    if (event.key === "Tab") menu.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
}

function place(menu: HTMLElement, at: Element | { x: number; y: number }): void {
    const box = at instanceof Element ? at.getBoundingClientRect()
        : { left: at.x, right: at.x, top: at.y, bottom: at.y };
    const { offsetWidth, offsetHeight } = menu;
    const left = at instanceof Element ? box.right - offsetWidth : box.left;
    const below = box.bottom + GAP_PX;
    const top = below + offsetHeight > innerHeight ? box.top - GAP_PX - offsetHeight : below;
    menu.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - offsetWidth - GAP_PX))}px`;
    menu.style.top = `${Math.max(GAP_PX, top)}px`;
}
