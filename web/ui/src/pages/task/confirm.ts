// Asking before what cannot be taken back.
import type { Action, Task } from "bellwire";
import { html, render } from "lit";
import { actionName, titleOf } from "../../kit/task-parts.ts";
import { t } from "../../words/words.ts";

const HARMLESS: readonly Action[] = ["start", "pause", "resume"];

export async function confirmAction(action: Action, task: Task): Promise<boolean> {
    if (HARMLESS.includes(action) || (action === "retry" && task.finished_at)) return true;
    const dialog = document.createElement("dialog");
    dialog.className = "bw-dialog";
    const answer = new Promise<boolean>((resolve) => dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "yes");
        dialog.remove();
    }));
    render(html`<p>${t("action.sure", { action: actionName(action), title: titleOf(task) })}</p>
        <form method="dialog" class="bw-dialog-buttons">
            <button class="btn btn-outline-secondary" value="no" autofocus>${t("action.no")}</button>
            <button class="btn btn-danger" value="yes">${t("action.yes", { action: actionName(action) })}</button>
        </form>`, dialog);
    document.body.append(dialog);
    dialog.showModal();
    return answer;
}
