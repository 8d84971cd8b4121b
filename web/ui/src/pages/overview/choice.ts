// Which of the tasks that run deserve a look: those that run longest, or end soonest.
import type { Task } from "bellwire";

export const SHOWN = 5;
const OVERDUE_MS = 30_000;

export function longest(tasks: readonly Task[]): readonly Task[] {
    return tasks.filter((task) => task.started_at !== null)
        .sort((a, b) => Date.parse(a.started_at!) - Date.parse(b.started_at!)).slice(0, SHOWN);
}

/** Of those whose end can be told, by when that is. Who is past it says nothing any more, and may never end. */
export function soonest(tasks: readonly Task[], now = Date.now()): readonly Task[] {
    const end = (task: Task): number => Date.parse(task.updated_at ?? "") + (task.eta_s ?? 0) * 1000;
    return tasks.filter((task) => task.eta_s !== null && task.progress < 100 && end(task) > now - OVERDUE_MS)
        .sort((a, b) => end(a) - end(b)).slice(0, SHOWN);
}
