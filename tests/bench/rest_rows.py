"""The rows about REST: starting with a large journal and its lists, and pages that poll."""

import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from statistics import median

from rig import TOOLS, Bellwired, Publisher

TASKS, EVENTS = 1_000_000, 5_000_000

# What seed_journal makes; each finds something, from most of all tasks to a handful.
ONE_FILTER = (
    "status=failed",
    "status=running",
    "status=completed,failed",
    "type=picture.render",
    "queue=gpu",
    "owner=user-00042",
    "resource=novel-000042",
)
FILTERS_AT_ONCE = (
    "type=table.sync&status=completed",
    "queue=gpu&type=picture.render",
    "queue=gpu&type=picture.render&status=failed",
    "owner=user-00042&status=failed",
)
SORTS = ("", "&sort=updated_at", "&sort=-created_at", "&sort=created_at")
SEARCHES = ("q=task-00500", "q=novel%2042", "q=Render%20chapter%207", "q=novel%2042&status=failed", "q=render")


@contextlib.contextmanager
def seeded_folder():
    """A folder with a journal of its own. BENCH_JOURNAL names one that was seeded before, to copy."""
    with tempfile.TemporaryDirectory(prefix="bellwire-bench-") as folder:
        journal = pathlib.Path(folder) / "journal.db"
        if seeded := os.environ.get("BENCH_JOURNAL"):
            shutil.copyfile(seeded, journal)
            with Bellwired(data=folder):
                pass  # one of an older version is migrated
        else:
            command = [TOOLS / "seed_journal", journal, str(TASKS), str(EVENTS)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield folder


def drop_from_cache(folder):
    """As after a boot, as far as one may say so without being root: the files' clean pages leave."""
    os.sync()
    for file in pathlib.Path(folder).glob("journal.db*"):
        with file.open("rb") as f:
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def leave_a_wal(folder):
    """A daemon that is killed while it writes; how many bytes of WAL it left."""
    with Bellwired(data=folder) as server:
        Publisher(server.bus, "system", 50_000, 0, tasks=10_000).report()
        server.process.kill()
    return (pathlib.Path(folder) / "journal.db-wal").stat().st_size


def ask_lists(server, queries, rounds):
    """Each query once to warm what it reads, then `rounds` times; the ms that each took."""
    ms = {query: [] for query in queries}
    for n in range(rounds + 1):
        for query in queries:
            before = time.perf_counter()
            status, body = server.get(f"/api/v1/tasks?limit=50&{query}")
            if n > 0:
                ms[query].append((time.perf_counter() - before) * 1000)
            if status != 200 or not json.loads(body)["data"]["items"]:
                raise SystemExit(f"the list of {query} is wrong: {status} {body[:200]}")
    return ms


def lists_row(row, what, reports):
    """Each report is of one round: the p99 of all its queries, and which of them is the slowest."""

    def p99(ms):
        times = sorted(time for times in ms.values() for time in times)
        return times[len(times) * 99 // 100]

    worst = {query: median(median(ms[query]) for ms in reports) for query in reports[0]}
    slowest = max(worst, key=worst.get)
    middle = median(time for ms in reports for times in ms.values() for time in times)
    measured = median(p99(ms) for ms in reports)
    row(
        f"GET /api/v1/tasks?limit=50, {what}: p99",
        f"{measured:.1f} ms (median {middle:.1f}; the slowest, {slowest}: median {worst[slowest]:.1f})",
        "< 5 ms",
        measured < 5,
    )


def start_up(row, rounds):
    asked = {
        f"{len(ONE_FILTER)} filters in each of {len(SORTS)} orders": (ONE_FILTER, SORTS, 10),
        f"{len(FILTERS_AT_ONCE)} filters of two or three, in each order": (FILTERS_AT_ONCE, SORTS, 20),
        f"{len(SEARCHES)} searches for text (q=…)": (SEARCHES, ("",), 40),
    }
    clean, killed, cold = [], [], []
    lists = {what: [] for what in asked}
    with seeded_folder() as folder:
        for _ in range(rounds):
            with Bellwired(data=folder) as server:
                clean.append(server.ready_s)
                for what, (filters, sorts, times) in asked.items():
                    lists[what].append(ask_lists(server, [f + sort for f in filters for sort in sorts], times))
        for _ in range(rounds):  # after the lists: the tasks that are written here would be the newest
            drop_from_cache(folder)
            with Bellwired(data=folder) as server:
                cold.append(server.ready_s)
            wal_bytes = leave_a_wal(folder)
            with Bellwired(data=folder) as server:
                killed.append(server.ready_s)
    row(
        f"start with {TASKS} tasks and {EVENTS} events, until /readyz: stopped cleanly; the files not in"
        f" the page cache; killed, with {wal_bytes >> 20} MiB of WAL",
        " / ".join(f"{median(times):.2f}" for times in (clean, cold, killed)) + " s",
        "< 1 s",
        max(median(times) for times in (clean, cold, killed)) < 1,
    )
    for what, reports in lists.items():
        lists_row(row, what, reports)


class Pages:
    """Pages that poll every so often, spread evenly. Each tells the ETag and goes on from the cursor that
    it was given last."""

    def __init__(self, port, path, n, every_s, keep_alive):
        self.port, self.path, self.n, self.every_s, self.keep_alive = port, path, n, every_s, keep_alive
        self.answers, self.times = {}, []

    async def ask(self, streams, etag, after):
        reader, writer = streams
        kind = "keep-alive" if self.keep_alive else "close"
        writer.write(
            f"GET {self.path.format(after=after)} HTTP/1.1\r\nHost: x\r\nConnection: {kind}\r\n"
            f"If-None-Match: {etag}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(fields.get("Content-Length", 0)))
        return int(head[0].split()[1]), fields, body

    async def page(self, n, until):
        etag, after, streams = "", "latest", None
        loop = asyncio.get_running_loop()
        due = loop.time() + self.every_s * n / self.n
        while due < until:
            await asyncio.sleep(due - loop.time())
            due += self.every_s
            before = time.perf_counter()
            kept = streams is not None and not streams[0].at_eof()
            try:
                if not kept:
                    streams = await asyncio.open_connection("127.0.0.1", self.port)
                status, fields, body = await self.ask(streams, etag, after)
            except (asyncio.IncompleteReadError, ConnectionError):
                if not kept:
                    raise
                # The server ended an idle connection just then; browsers ask again, too.
                streams = await asyncio.open_connection("127.0.0.1", self.port)
                status, fields, body = await self.ask(streams, etag, after)
            self.times.append(time.perf_counter() - before)
            self.answers[status] = self.answers.get(status, 0) + 1
            etag = fields.get("ETag", "")
            if body:
                after = body.rsplit(b'"', 2)[1].decode()  # the cursor comes last
            if not self.keep_alive:
                streams[1].close()
                streams = None

    async def measure(self, server, seconds):
        """The server's CPU seconds per second, once each page has its first answer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + 2 * self.every_s + seconds
        async with asyncio.TaskGroup() as group:
            for n in range(self.n):
                group.create_task(self.page(n, until))
            await asyncio.sleep(2 * self.every_s)
            self.answers, self.times = {}, []
            before, began = server.cpu_s(), loop.time()
            await asyncio.sleep(seconds)
            return (server.cpu_s() - before) / (loop.time() - began)


def polling(row, seconds):
    """Nothing changes while 2 000 pages look. Beside it an address that only says that it is there: what
    connecting, asking and closing cost by themselves on this machine now."""
    pages, every_s = 2000, 2

    def used_by(path, keep_alive):
        with Bellwired() as server:
            Publisher(server.bus, "system", 2000, 0, tasks=200).report()
            load = Pages(server.port, path, pages, every_s, keep_alive)
            used = asyncio.run(load.measure(server, max(seconds, 2 * every_s)))
        load.times.sort()
        return used, load

    for what, path in (
        ("the list of 50 tasks, by ETag", "/api/v1/tasks?status=running,failed&limit=50"),
        ("events after a cursor", "/api/v1/events?topic=system&after={after}&limit=500"),
    ):
        for keep_alive in (False, True):
            least, _ = used_by("/healthz", keep_alive)
            used, load = used_by(path, keep_alive)
            p99 = load.times[len(load.times) * 99 // 100] * 1000
            row(
                f"{pages} pages polling {what} every {every_s} s"
                f" ({'keep-alive asked for' if keep_alive else 'a connection each'})",
                f"{used * 100:.1f} % of a core, {used / least:.2f} × what /healthz costs,"
                f" {used * 1e6 * every_s / pages:.0f} µs a poll, p99 {p99:.0f} ms, answers {load.answers}",
                "< 15 % of a core",
                used < 0.15,
            )
