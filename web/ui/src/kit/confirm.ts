// A question before what cannot be taken back.
import type { Task } from "bellwire";
import { html, render } from "lit";
import { t } from "../words/words.ts";
import { actionMeaning, actionName, type AnyAction, titleOf } from "./task-parts.ts";

const HARMLESS: readonly string[] = ["start", "pause", "resume"];

/** What `yes` says is done; whoever closes the question, by whatever key or button, does not want it. */
export function isSure(question: string, yes: string, meaning = ""): Promise<boolean> {
    const dialog = document.createElement("dialog");
    dialog.className = "bw-dialog";
    render(html`<p>${question}</p>${meaning ? html`<p class="bw-dialog-more">${meaning}</p>` : ""}<form method="dialog" class="bw-dialog-buttons">
        <button class="btn btn-line" value="no" autofocus>${t("sure.no")}</button>
        <button class="btn btn-danger" value="yes" data-answer="yes">${yes}</button></form>`, dialog);
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(dialog.returnValue === "yes");
    }));
}

/** Asks only where something is lost: trying again what has ended loses nothing. */
export async function isSureOf(action: AnyAction, task: Task): Promise<boolean> {
    if (HARMLESS.includes(action) || (action === "retry" && task.finished_at)) return true;
    const name = actionName(action);
    return isSure(t("sure.one", { action: name, title: titleOf(task) }), t("sure.yes", { action: name }), actionMeaning(action));
}
