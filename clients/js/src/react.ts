// bellwire/react: hooks, and a progress bar.
import {
    createContext, createElement, type ReactElement, type ReactNode, useContext, useEffect, useMemo,
    useRef, useState, useSyncExternalStore,
} from "react";
import { type Client, isFinal, type State, type Task, type TaskQuery } from "./index.ts";
import { pageClient } from "./page.ts";
import { percentOf, remainingOf, titleOf } from "./words.ts";

const Context = createContext<Client | null>(null);

/** Gives a client to everything below it. Without one, that of the page's own server is used. */
export function BellwireProvider(props: { client: Client; children?: ReactNode }): ReactElement {
    return createElement(Context.Provider, { value: props.client }, props.children);
}

/** The client in use here. */
export function useBellwire(): Client {
    return useContext(Context) ?? pageClient();
}

/** How events come: `live`, `polling`, `reconnecting` or `offline`. */
export function useConnection(): State {
    const client = useBellwire();
    return useSyncExternalStore(
        (listener) => client.onState(listener), () => client.state, () => "reconnecting");
}

/** A task as it is now: undefined until that is known, null if there is none (yet). */
export function useTask(id: string): Task | null | undefined {
    const client = useBellwire();
    const subscribe = useMemo(
        () => (listener: () => void) => client.tasks.watch(id, listener), [client, id]);
    return useSyncExternalStore(subscribe, () => client.tasks.get(id), () => undefined);
}

/** What `useTasks` gives. */
export interface Tasks {
    tasks: readonly Task[];
    /** How many match in all. */
    total: number;
    isLoaded: boolean;
    /** Why they cannot be read at the moment; null when they can. */
    error: unknown;
}

const NO_TASKS: Tasks = { tasks: [], total: 0, isLoaded: false, error: null };

/** The tasks that match, in order, as they are now. The query may be made anew at every call. */
export function useTasks(query: TaskQuery = {}): Tasks {
    const client = useBellwire();
    const [tasks, setTasks] = useState(NO_TASKS);
    const key = JSON.stringify(query, (_, value: unknown) => value === Infinity ? "all" : value);
    const latest = useRef(query);
    latest.current = query;
    useEffect(() => {
        setTasks(NO_TASKS);
        const list = client.tasks.list(latest.current);
        list.onChange(() => {
            const { items, total, isLoaded, error } = list;
            setTasks({ tasks: items, total, isLoaded, error });
        });
        return () => list.close();
    }, [client, key]);
    return tasks;
}

export interface TaskProgressProps {
    taskId: string;
    /** Called once, with the whole task, when it is completed. */
    onComplete?: (task: Task) => void;
    /** Called once, with the whole task, when it failed, ran out of time or was cancelled. */
    onError?: (task: Task) => void;
    className?: string;
}

/** A task's title, bar, message and time left; also for those who hear the page. */
export function TaskProgress(props: TaskProgressProps): ReactElement {
    const { taskId, className } = props;
    const task = useTask(taskId);
    useEnd(task, props);
    const title = titleOf(task, taskId);
    return createElement(
        "div", { className, "data-status": task?.status ?? "unknown" },
        createElement("span", { "data-part": "title" }, title),
        createElement("progress", {
            max: 100, "aria-label": title,
            // Without a value it is an indeterminate bar.
            ...(task && (task.progress > 0 || isFinal(task.status)) && { value: task.progress }),
        }),
        createElement("span", { "data-part": "percent" }, percentOf(task)),
        createElement("span", { "data-part": "eta" }, remainingOf(task)),
        createElement("span", { "data-part": "status", role: "status" }, task?.status ?? ""),
        createElement("span", { "data-part": "message" },
            task?.error?.message ?? task?.message ?? ""));
}

/** Tells the end of each attempt once, with the documents that live rows do not have. */
function useEnd(task: Task | null | undefined, props: TaskProgressProps): void {
    const client = useBellwire();
    const latest = useRef(props);
    latest.current = props;
    const told = useRef("");
    const end = task && isFinal(task.status) ? `${task.id} ${task.attempt}` : "";
    useEffect(() => {
        if (!task || end === "" || told.current === end) return;
        told.current = end;
        void client.task(task.id).get().catch(() => task).then((whole) => {
            const { onComplete, onError } = latest.current;
            if (whole.status === "completed") onComplete?.(whole);
            else onError?.(whole);
        });
    }, [client, task, end]);
}
