// A long list of which only what can be seen is in the document.
//
// DESIGN. One scroller (the host's, or any element inside it), rows of which the heights are known or
// measured. The host renders `items` and puts each at `start`; it is asked to render again only when
// other rows come into view. `--v-size` is the height of the whole.
import {
    elementScroll, observeElementOffset, observeElementRect, type VirtualItem, Virtualizer,
} from "@tanstack/virtual-core";
import type { ReactiveController, ReactiveControllerHost } from "lit";

export interface VirtualOptions {
    scroller: () => HTMLElement | null;
    rowHeight: (index: number) => number;
    keyOf: (index: number) => string | number;
    overscan?: number;
    /**
     * A list that grows at both ends: what is seen stays where it is; or, if it is the end and this says so, it
     * stays the end.
     */
    followsEnd?: () => boolean;
}

const AT_END_PX = 2;

export class VirtualRows implements ReactiveController {
    readonly #host: ReactiveControllerHost;
    readonly #options: VirtualOptions;
    readonly #virtual: Virtualizer<HTMLElement, HTMLElement>;
    #count = 0;
    #unmount: () => void = () => {};

    constructor(host: ReactiveControllerHost, options: VirtualOptions) {
        this.#host = host;
        this.#options = options;
        this.#virtual = new Virtualizer(this.#settings());
        host.addController(this);
    }

    hostConnected(): void {
        this.#unmount = this.#virtual._didMount();
    }

    hostUpdated(): void {
        this.#virtual._willUpdate();
    }

    hostDisconnected(): void {
        this.#unmount();
    }

    /** Before rendering: how many rows there are now. */
    setCount(count: number): void {
        this.#count = count;
        this.#virtual.setOptions(this.#settings());
    }

    /** Other heights, as when the page becomes narrow. */
    remeasure(): void {
        this.#virtual.measure();
    }

    get items(): readonly VirtualItem[] {
        return this.#virtual.getVirtualItems();
    }

    get size(): number {
        return this.#virtual.getTotalSize();
    }

    get isAtEnd(): boolean {
        return this.#virtual.isAtEnd();
    }

    scrollToEnd(): void {
        this.#virtual.scrollToEnd();
    }

    get offset(): number {
        return this.#virtual.scrollOffset ?? 0;
    }

    /** For rows whose height depends on their text: `ref` of the row, which has `data-index`. */
    measure(row: Element | undefined): void {
        if (row) this.#virtual.measureElement(row as HTMLElement);
    }

    scrollTo(index: number, align: "auto" | "start" | "center" | "end" = "auto"): void {
        this.#virtual.scrollToIndex(index, { align });
    }

    #settings(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
        const { scroller, rowHeight, keyOf, overscan = 8, followsEnd } = this.#options;
        return {
            count: this.#count,
            getScrollElement: scroller,
            estimateSize: rowHeight,
            getItemKey: keyOf,
            overscan,
            anchorTo: followsEnd ? "end" : "start",
            followOnAppend: followsEnd?.() ?? false,
            scrollEndThreshold: AT_END_PX,
            scrollToFn: elementScroll,
            observeElementRect,
            observeElementOffset,
            onChange: () => this.#host.requestUpdate(),
        };
    }
}
