// bellwire/vue: composables. Each lives as long as the component, or effect scope, that calls it.
import {
    type App, inject, type InjectionKey, onScopeDispose, type MaybeRefOrGetter, readonly, shallowRef,
    type ShallowRef, toValue, watch,
} from "vue";
import type { Client, State, Task, TaskQuery } from "./index.ts";
import { pageClient } from "./page.ts";

const KEY: InjectionKey<Client> = Symbol("bellwire");

/** `app.use(bellwire(client))` gives a client to the app; else that of the page's server is used. */
export function bellwire(client: Client): { install(app: App): void } {
    return { install: (app) => void app.provide(KEY, client) };
}

/** The client in use here. */
export function useBellwire(): Client {
    return inject(KEY, pageClient, true);
}

/** How events come: `live`, `polling`, `reconnecting` or `offline`. */
export function useConnection(): Readonly<ShallowRef<State>> {
    const client = useBellwire();
    const state = shallowRef(client.state);
    onScopeDispose(client.onState((now) => (state.value = now)));
    return readonly(state);
}

/** A task as it is now: undefined until that is known, null if there is none (yet). */
export function useTask(id: MaybeRefOrGetter<string>): Readonly<ShallowRef<Task | null | undefined>> {
    const { tasks } = useBellwire();
    const task = shallowRef<Task | null>();
    watch(() => toValue(id), (now, _before, onCleanup) => {
        task.value = tasks.get(now);
        onCleanup(tasks.watch(now, (row) => (task.value = row)));
    }, { immediate: true });
    return task;
}

/** What `useTasks` gives. */
export interface Tasks {
    tasks: Readonly<ShallowRef<readonly Task[]>>;
    /** How many match in all. */
    total: Readonly<ShallowRef<number>>;
    isLoaded: Readonly<ShallowRef<boolean>>;
    /** Why they cannot be read at the moment; null when they can. */
    error: Readonly<ShallowRef<unknown>>;
}

/** The tasks that match, in order, as they are now. */
export function useTasks(query: MaybeRefOrGetter<TaskQuery> = {}): Tasks {
    const client = useBellwire();
    const tasks = shallowRef<readonly Task[]>([]);
    const total = shallowRef(0);
    const isLoaded = shallowRef(false);
    const error = shallowRef<unknown>(null);
    watch(() => toValue(query), (now, _before, onCleanup) => {
        const list = client.tasks.list({ ...now });
        isLoaded.value = false;
        list.onChange(() => {
            tasks.value = list.items;
            total.value = list.total;
            isLoaded.value = list.isLoaded;
            error.value = list.error;
        });
        onCleanup(() => list.close());
    }, { immediate: true, deep: true });
    return { tasks, total, isLoaded, error };
}
