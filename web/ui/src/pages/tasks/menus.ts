// The menu of one task: where it leads, what can be asked of it, and the tasks that are like it.
import type { Task } from "bellwire";
import copy from "bootstrap-icons/icons/clipboard.svg?raw";
import link from "bootstrap-icons/icons/link-45deg.svg?raw";
import open from "bootstrap-icons/icons/box-arrow-up-right.svg?raw";
import pause from "bootstrap-icons/icons/pause-fill.svg?raw";
import play from "bootstrap-icons/icons/play-fill.svg?raw";
import retry from "bootstrap-icons/icons/arrow-clockwise.svg?raw";
import stop from "bootstrap-icons/icons/stop-fill.svg?raw";
import trash from "bootstrap-icons/icons/trash.svg?raw";
import cancel from "bootstrap-icons/icons/x-circle.svg?raw";

import { type MenuItem, openMenu } from "../../kit/menu.ts";
import { actionMeaning, actionName, actionsFor, titleOf } from "../../kit/task-parts.ts";
import { toast, toastError } from "../../kit/toast.ts";
import { go } from "../../shell/navigate.ts";
import { canCommand } from "../../wire.ts";
import { t } from "../../words/words.ts";
import { commandOne } from "./commands.ts";
import { FACETS, type View } from "./view.ts";

const ICONS = { start: play, pause, resume: play, stop, cancel, retry };

export const pathOf = (id: string): string => `/tasks/${encodeURIComponent(id)}`;

const copyText = (text: string): void => {
    navigator.clipboard.writeText(text).then(() => toast(t("tasks.copied")), toastError);
};

export function openTaskMenu(
    at: Element | { x: number; y: number }, task: Task, view: View, setView: (view: View) => void,
): void {
    const disabled = canCommand() ? null : t("tasks.offline");
    const path = pathOf(task.id);
    const alike: MenuItem[] = FACETS.flatMap((facet) => {
        const value = task[facet];
        return value && !view[facet].includes(value)
            ? [{ label: t("tasks.same", { name: t(`field.${facet}`), value }), run: () => setView({ ...view, [facet]: [value] }) }] : [];
    });
    openMenu(at, t("tasks.menu", { title: titleOf(task) }), () => [
        { label: t("tasks.open"), icon: open, run: () => go(path) },
        { label: t("tasks.copyId"), icon: copy, run: () => copyText(task.id) },
        { label: t("tasks.copyLink"), icon: link, run: () => copyText(location.origin + path) },
        null,
        ...actionsFor(task).map((action) => ({
            label: actionName(action), title: actionMeaning(action), icon: ICONS[action], disabled,
            danger: action === "cancel" || action === "stop", run: () => void commandOne(action, task),
        })),
        { label: t("tasks.delete"), icon: trash, disabled, danger: true, run: () => void commandOne("delete", task) },
        ...(alike.length > 0 ? [null, ...alike] : []),
    ]);
}
