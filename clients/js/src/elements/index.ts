// bellwire/elements: importing it makes the elements known to the page.
import { define } from "./base.ts";
import { BellwireLogElement } from "./log.ts";
import { BellwireTaskElement } from "./task.ts";
import { BellwireTaskListElement } from "./task-list.ts";

define("bellwire-task", BellwireTaskElement);
define("bellwire-task-list", BellwireTaskListElement);
define("bellwire-log", BellwireLogElement);

export { connect } from "../index.ts";
export { pageClient, setPageClient } from "../page.ts";
export { BellwireLogElement, BellwireTaskElement, BellwireTaskListElement };

declare global {
    interface HTMLElementTagNameMap {
        "bellwire-task": BellwireTaskElement;
        "bellwire-task-list": BellwireTaskListElement;
        "bellwire-log": BellwireLogElement;
    }
}
