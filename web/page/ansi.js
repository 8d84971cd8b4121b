// Terminal output as text: the sixteen colours, bold, dim and underline become classes; every other
// escape sequence is left out.

import { el } from "./dom.js";

// CSI with its final byte, OSC up to BEL or ST, character sets, and the two-byte escapes.
const ESCAPE =
    /\x1b(?:\[([0-9;:?<=>]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()#][0-9AB]|[0-Z\\^_c])/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;

function select(state, codes) {
    const list = codes === "" ? [0] : codes.split(/[;:]/).map(Number);
    for (let i = 0; i < list.length; i++) {
        const code = list[i];
        if (code === 0) state.colour = state.bold = state.dim = state.underline = null;
        else if (code === 1) state.bold = "bold";
        else if (code === 2) state.dim = "dim";
        else if (code === 4) state.underline = "underline";
        else if (code === 22) state.bold = state.dim = null;
        else if (code === 24) state.underline = null;
        else if (code >= 30 && code <= 37) state.colour = `fg${code - 30}`;
        else if (code >= 90 && code <= 97) state.colour = `fg${code - 90 + 8}`;
        else if (code === 39) state.colour = null;
        else if (code === 38 || code === 48) {
            // 256 and true colours: the first sixteen are known, the rest stay plain.
            if (list[i + 1] === 5) {
                if (code === 38) state.colour = list[i + 2] < 16 ? `fg${list[i + 2]}` : null;
                i += 2;
            } else if (list[i + 1] === 2) {
                i += 4;
            }
        }
    }
}

// Appends the line to the node. What a carriage return overwrote is left out, as on a terminal.
export function appendAnsi(node, line) {
    const text = line.slice(line.replace(/\r+$/, "").lastIndexOf("\r") + 1);
    const state = { colour: null, bold: null, dim: null, underline: null };
    let from = 0;
    const flush = (to) => {
        const piece = text.slice(from, to).replace(CONTROL, "");
        if (piece === "") return;
        const names = [state.colour, state.bold, state.dim, state.underline].filter(Boolean);
        node.append(names.length ? el("span", { class: names.join(" ") }, piece) : piece);
    };
    for (const match of text.matchAll(ESCAPE)) {
        flush(match.index);
        from = match.index + match[0].length;
        if (match[2] === "m") select(state, match[1]);
    }
    flush(text.length);
}
