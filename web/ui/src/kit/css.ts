// Style properties of one element, set through the CSSOM: our Content-Security-Policy refuses style attributes.
import type { ElementPart } from "lit";
import { noChange } from "lit";
import { Directive, directive } from "lit/directive.js";

class Css extends Directive {
    render(_properties: Readonly<Record<string, string>>): typeof noChange {
        return noChange;
    }

    override update(part: ElementPart, [properties]: [Readonly<Record<string, string>>]): typeof noChange {
        const { style } = part.element as HTMLElement;
        for (const [name, value] of Object.entries(properties)) style.setProperty(name, value);
        return noChange;
    }
}

/** `<div ${css({ width: "40%" })}>` */
export const css = directive(Css);
