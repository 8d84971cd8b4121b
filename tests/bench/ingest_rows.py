"""The rows about what comes in: acked after the fsync, the task table updated over 10 000 tasks."""

import json
import subprocess
import tempfile
import time
from statistics import median

from rig import BUILD, Bellwired, NngEcho, Publisher, mid, requests

TASKS = 10000


def in_batches(server, events, in_flight):
    before = server.cpu_s()
    report = Publisher(server.bus, "system", events, 0, TASKS, in_flight).report()
    rate = report["acked"] / report["seconds"]
    return {"acked_per_s": rate, "server_us": (server.cpu_s() - before) * 1e6 / report["acked"]}


def batched_row(row, what, reports, target):
    rate = mid(reports, "acked_per_s")
    row(
        what,
        f"{rate / 1000:.0f} k/s (CPU per event: bellwired {mid(reports, 'server_us'):.1f} µs)",
        f"≥ {target / 1000:.0f} k/s",
        rate >= target,
    )


def ingest(row, in_turns, seconds):
    events = 150000 * seconds
    single, echo, in_order, in_lanes = in_turns(
        (Bellwired, lambda server: requests(server, 256, seconds)),
        (NngEcho, lambda server: requests(server, 256, seconds)),
        (Bellwired, lambda server: in_batches(server, events, 1)),
        (Bellwired, lambda server: in_batches(server, events, 4)),
    )
    rate, floor = mid(single, "acked_per_s"), mid(echo, "acked_per_s")
    row(
        "ingest, acked after the fsync, task table updated: one event per request, 256 in flight",
        f"{rate / 1000:.0f} k/s (CPU per event: bellwired {mid(single, 'server_us'):.1f} µs,"
        f" the generator {mid(single, 'cpu_us'):.1f} µs)",
        "≥ 60 k/s",
        rate >= 60000,
    )
    ratio = median(a["acked_per_s"] / b["acked_per_s"] for a, b in zip(single, echo))
    row(
        "the same, to an nng REP socket that only acknowledges",
        f"{ratio:.2f} × ({floor / 1000:.0f} k/s; CPU per event: the socket {mid(echo, 'server_us'):.1f} µs,"
        f" the generator {mid(echo, 'cpu_us'):.1f} µs)",
        "for comparison",
        True,
    )
    batched_row(row, "ingest through libbellwire's own batching", in_order, 250000)
    batched_row(row, "the same with in_flight = 4: order per task only", in_lanes, 250000)


def emit_file(server, path, lines):
    """From the program's start to its end."""
    before, started = server.cpu_s(), time.monotonic()
    command = [BUILD / "bellwire", "--bus", server.bus, "emit", "-"]
    with open(path) as stdin:
        done = subprocess.run(command, stdin=stdin, stderr=subprocess.PIPE, text=True)
    seconds = time.monotonic() - started
    if done.returncode != 0 or f" {lines} accepted" not in done.stderr:
        raise SystemExit(f"bellwire emit failed: {done.stderr}")
    return {"acked_per_s": lines / seconds, "server_us": (server.cpu_s() - before) * 1e6 / lines}


def emit(row, in_turns, seconds):
    lines = 100000 * seconds
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        for i in range(lines):
            data = {"id": f"bench-{i % TASKS}", "progress": i // TASKS % 1000 / 10}
            data["step"] = "importing rows from the northern catalogue"
            file.write(json.dumps({"event_type": "TASK_UPDATED", "data": data}) + "\n")
        file.flush()
        (reports,) = in_turns((Bellwired, lambda server: emit_file(server, file.name, lines)))
    batched_row(row, "`bellwire emit -`: lines of NDJSON into a running bus", reports, 200000)
