// The lines of a log that are at hand: a bounded stretch of it, which grows where somebody looks.
//
// DESIGN. A log has any number of lines; LINES_MAX of them are kept, in one piece. The stretch begins at the
// log's end, or around one line. Reading on at one end lets go of the other one. While its end is the end of
// the log (`isAtEnd`) lines that come are added; otherwise they are counted (`unseen`), and read when somebody
// goes there. A line keeps its number, `first` + its place: a view finds again what it showed.
import type { BellwireEvent } from "bellwire";

import { type LogFilter, matches } from "./filter.ts";
import { LogReset, type LogSource } from "./source.ts";

const LINES_MAX = 20_000;
const SPARE = 2_000; // so many are let go of at once
const END_LINES = 500; // of a log that is opened
const PAGE_LINES = 1_000;
const CATCH_UP_MAX = 5_000; // beyond that the end is opened anew

export class LogFeed {
    lines: BellwireEvent[] = [];
    first = 0; // the number of lines[0]
    isLoaded = false;
    isReading = false;
    error: unknown = null;
    /** The line that was asked for is not kept any more. */
    isLost = false;
    /** Lines that came since the stretch was left where it is. */
    unseen = 0;
    /** Whether somebody looks at its end: then it is the beginning that is let go of. */
    isFollowed = true;
    isPaused = false;
    isAtEnd = false;
    readonly #source: LogSource;
    readonly #onChange: () => void;
    #filter!: LogFilter;
    #earlier: string | null = null; // what is before the first line is read there …
    #later = "latest"; // … and what is behind the last one here
    #mustGoOn = false; // to the end, when what is being read has come
    #isCut = false; // there are lines behind it that did not come just now
    #life = new AbortController();
    #unfollow = (): void => {};

    constructor(source: LogSource, onChange: () => void) {
        this.#source = source;
        this.#onChange = onChange;
    }

    get isAtBegin(): boolean {
        return this.isLoaded && this.#earlier === null;
    }

    close(): void {
        this.#life.abort();
        this.#unfollow();
    }

    /** From its end; or around the line whose cursor is given. */
    open(filter: LogFilter, line: string | null = null): void {
        this.close();
        this.#life = new AbortController();
        this.#filter = filter;
        this.lines = [];
        this.first = 0;
        this.isLoaded = this.isReading = this.isAtEnd = this.isLost = this.isPaused = this.#mustGoOn = false;
        this.unseen = 0;
        this.#earlier = null;
        this.#isCut = line !== null;
        this.isFollowed = line === null;
        void this.#read(() => (line === null ? this.#openEnd() : this.#openAt(line)));
    }

    /** From its first line that is kept. */
    openBegin(): void {
        this.open(this.#filter, "oldest");
    }

    older(): void {
        const before = this.#earlier;
        if (before === null || this.isReading) return;
        void this.#read(async () => {
            const page = await this.#source.read(this.#filter, { before }, PAGE_LINES, this.#life.signal);
            this.lines = [...page.events, ...this.lines];
            this.first -= page.events.length;
            this.#earlier = page.earlier;
            if (this.lines.length <= LINES_MAX) return;
            this.lines.length = LINES_MAX - SPARE;
            this.#later = this.lines.at(-1)!.cursor;
            this.isAtEnd = false;
            this.#isCut = true;
        });
    }

    newer(): void {
        if (!this.isLoaded || this.isAtEnd || this.isReading || (this.isPaused && !this.#isCut)) return;
        this.isFollowed = false; // what was its end is not any more
        void this.#read(() => this.#readOn());
    }

    /** After an error. */
    retry(): void {
        if (this.error === null) return;
        this.error = null;
        if (this.isLoaded) this.#onChange();
        else this.open(this.#filter);
    }

    pause(): void {
        this.isPaused = true;
        this.isAtEnd = false;
        this.#onChange();
    }

    /** The end of the log is its end again, and it follows it. */
    toEnd(): void {
        const isFar = this.#isCut || this.unseen > CATCH_UP_MAX;
        this.isPaused = false;
        this.isFollowed = true;
        if (this.isAtEnd) this.unseen = 0;
        else if (isFar) this.open(this.#filter);
        else if (this.isReading) this.#mustGoOn = true;
        else void this.#read(async () => { while (!this.isAtEnd && !this.isPaused) await this.#readOn(); });
        this.#onChange();
    }

    async #read(step: () => Promise<void>): Promise<void> {
        const { signal } = this.#life;
        this.isReading = true;
        try {
            await step();
            this.error = null;
            this.isLoaded = true;
        } catch (error) {
            if (error instanceof LogReset && !signal.aborted) this.#reset();
            else if (!signal.aborted) this.error = error;
        }
        if (signal.aborted) return;
        this.isReading = false;
        const goesOn = this.#mustGoOn && !this.isPaused && this.error === null;
        this.#mustGoOn = false;
        if (goesOn) this.toEnd();
        else this.#onChange();
    }

    #reset(): void {
        this.open(this.#filter);
        this.isLost = true;
    }

    async #openEnd(): Promise<void> {
        const page = await this.#source.read(this.#filter, { before: "latest" }, END_LINES, this.#life.signal);
        this.lines = page.events;
        this.#earlier = page.earlier;
        this.#follow(page.cursor);
    }

    /** Some before it; then from the last of these on, which begins with it. */
    async #openAt(line: string): Promise<void> {
        const { signal } = this.#life;
        this.#hear("latest");
        this.#later = line;
        if (line !== "oldest") {
            const page = await this.#source.read(this.#filter, { before: line }, END_LINES, signal);
            this.lines = page.events;
            this.#earlier = page.earlier;
            this.#later = page.events.at(-1)?.cursor ?? page.earlier ?? "oldest";
        }
        await this.#readOn();
    }

    async #readOn(): Promise<void> {
        const { signal } = this.#life;
        const page = await this.#source.read(this.#filter, { after: this.#later }, PAGE_LINES, signal);
        if (signal.aborted) return;
        this.lines.push(...page.events);
        this.#later = page.cursor;
        this.#trim();
        if (page.more) return;
        this.#isCut = false;
        if (this.isPaused) return;
        this.unseen = 0;
        this.#follow(page.cursor);
    }

    #follow(cursor: string): void {
        this.#life.signal.throwIfAborted();
        this.isAtEnd = true;
        this.#later = cursor;
        this.#hear(cursor);
    }

    /** What comes is counted at least. */
    #hear(cursor: string): void {
        this.#unfollow();
        this.#unfollow = this.#source.follow(this.#filter, cursor, (event) => this.#take(event), () => this.open(this.#filter));
    }

    #take(event: BellwireEvent): void {
        const isWanted = matches(this.#filter, event);
        if (isWanted && !this.isFollowed && this.lines.length >= LINES_MAX) this.isAtEnd = false;
        if (this.isAtEnd) this.#later = event.cursor;
        if (!isWanted) return;
        if (this.isAtEnd) this.lines.push(event);
        if (!this.isFollowed || !this.isAtEnd) this.unseen++;
        this.#trim();
        this.#onChange();
    }

    #trim(): void {
        if (this.lines.length <= LINES_MAX) return;
        const gone = this.lines.length - LINES_MAX + SPARE;
        this.lines.splice(0, gone);
        this.first += gone;
        this.#earlier = this.lines[0]!.cursor;
    }
}
