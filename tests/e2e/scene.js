// An ordinary afternoon: tasks of several kinds and states, workers, a log.

export const TASK = { id: "import-may", title: "Import of May: 红楼梦, 120 chapters", lastLine: "chapter 48 of 120 is indexed" };

// Every page: where it is, given a task, and what it shows once it is drawn.
export const PAGES = [
    { name: "overview", path: () => "/", shows: TASK.title },
    { name: "tasks", path: () => "/tasks", shows: TASK.title },
    { name: "task", path: (id) => `/tasks/${id}`, shows: TASK.title },
    { name: "logs", path: () => "/logs", shows: TASK.lastLine },
];

// Says it in every way that pages show: as the task's title and message, and in its log.
export const tell = (daemon, id, words) => daemon.publish(
    { event_type: "TASK_UPDATED", message: words, data: { id, title: words, worker: "crew", progress: 50 } },
    { event_type: "TASK_LOG", message: words, data: { id } });

const OWNERS = ["ann", "bob", "陈晓"];
const KINDS = [
    ["import", "Import of %: sales and returns"],
    ["encode", "Encode trailer % in three sizes"],
    ["train", "Train ranking model, fold %"],
    ["report", "月度报表 %"],
    ["crawl", "Crawl shelf %"],
];
const ENDS = ["completed", "completed", "completed", "failed", "cancelled", "timeout", "running", "running", "paused", "pending"];

function life(n) {
    const [type, title] = KINDS[n % KINDS.length];
    const id = `${type}-${n}`;
    const status = ENDS[n % ENDS.length];
    const task = { id, type, title: title.replace("%", String(n)), owner: OWNERS[n % OWNERS.length], resource: `${type}s/${n}` };
    const told = [{ event_type: "TASK_CREATED", data: { ...task, queue: "default", total_units: 200 } }];
    const set = (data, message = "") => told.push({ event_type: "TASK_UPDATED", message, data: { id, ...data } });
    if (status === "pending") return told;
    set({ worker: `host-${n % 3}:4${n}`, completed_units: (n * 37) % 190 + 5, step: "reading" }, `part ${n} of its input`);
    if (status === "completed") told.push({ event_type: "TASK_COMPLETED", data: { id, completed_units: 200, result: { rows: 1000 + n } } });
    else if (status === "failed" || status === "timeout" || status === "cancelled") {
        const error = status === "failed" ? { error: { type: "ValueError", message: `row ${n}: no price`, trace: "Traceback\n  line 7" } } : {};
        told.push({ event_type: "TASK_FAILED", message: `row ${n}: no price`, data: { id, status, ...error } });
    } else if (status === "paused") told.push({ event_type: "TASK_STATUS_CHANGED", data: { id, status } });
    return told;
}

const LEVELS = ["info", "info", "info", "warning", "debug", "error"];
function line(n) {
    const level = LEVELS[n % LEVELS.length];
    const text = `\u001b[3${1 + n % 6}mchapter ${n}\u001b[0m read in ${(n * 7) % 90} ms`;
    return { event_type: "TASK_LOG", message: text, data: { id: TASK.id, level } };
}

// The main task runs for ten minutes now, in a steady way; the others came before it.
function minutesAgo(minutes) {
    return new Date(Date.now() - 60_000 * minutes).toISOString();
}

const at = (minutes, event) => ({ timestamp: minutesAgo(minutes), ...event });

export async function furnish(daemon) {
    const lives = Array.from({ length: 60 }, (_, n) => life(n).map((event, step) => at(90 - n - step / 4, event)));
    await daemon.publish(...lives.flat());
    const { id, title } = TASK;
    const steps = Array.from({ length: 48 }, (_, n) => at(10 - n / 5, {
        event_type: "TASK_UPDATED", message: `indexing chapter ${n + 1}`,
        data: { id, worker: "host-0:40", completed_units: n + 1 },
    }));
    await daemon.publish(
        ...[0, 1, 2].map((n) => ({ event_type: "WORKER_HEARTBEAT", data: { id: `host-${n}:4${n}` } })),
        at(11, { event_type: "TASK_CREATED", data: {
            id, title, type: "import", owner: "ann", resource: "novels/dream", queue: "default",
            total_units: 120, params: { file: "may.csv", strict: true } } }),
        ...steps,
        ...Array.from({ length: 150 }, (_, n) => at(10 - n / 16, line(n))),
        { event_type: "TASK_LOG", message: TASK.lastLine, data: { id, level: "info" } },
    );
}
