// What was searched for, marked in the lines that can be seen: as a highlight of the browser's, which changes
// nothing in the document.
const NAME = "bw-found";

export function markFound(lines: Element | null, q: string): void {
    if (!("highlights" in CSS)) return; // an older browser shows the lines without it
    CSS.highlights.delete(NAME);
    if (!q || !lines) return;
    const wanted = q.toLowerCase();
    const found: Range[] = [];
    const texts = document.createTreeWalker(lines, NodeFilter.SHOW_TEXT, (node) =>
        (node.parentElement?.closest(".bw-log-text") ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP));
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const text = (node as Text).data.toLowerCase();
        for (let at = text.indexOf(wanted); at >= 0 && text.length === (node as Text).length; at = text.indexOf(wanted, at + wanted.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + wanted.length);
            found.push(range);
        }
    }
    CSS.highlights.set(NAME, new Highlight(...found));
}
