// Several values in one text, with commas between them, as in the addresses of the server and of pages. A
// comma within a value, and a backslash, has a backslash before it.

export const joinValues = (values: readonly string[]): string =>
    values.map((value) => value.replace(/[\\,]/g, "\\$&")).join();

/** What is empty is left out. */
export const splitValues = (text: string): string[] =>
    [...text.matchAll(/(?:\\[\\,]|[^,])+/g)].map(([value]) => value.replace(/\\([\\,])/g, "$1"));
