"""Measures Bellwire and prints a table of ratios: every figure next to a floor or a peer measured in
the same run, in turns, as medians. usage: run.py [ROW,ROW…]   (all: see ROWS below)

BENCH_SECONDS (default 5) is how long a paced measurement takes; BENCH_ROUNDS (3) how many turns.
"""

import json
import os
import re
import resource
import socket
import sys
from statistics import median

import ingest_rows
import poll_rows
import rest_rows
import stream_rows
from rig import BUILD, Bellwired, BellwiredSse, Floor, Nchan, NchanSse, Watchers, memory_bytes, mid

SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CLIENTS = 1000
RATE = 200

results = []


def row(what, ours, target, ok):
    results.append({"what": what, "measured": ours, "target": target, "ok": bool(ok)})
    print(f"  {'ok  ' if ok else 'MISS'} {what}: {ours} (target {target})", flush=True)


def read_until(s, pattern):
    got = b""
    while not (found := re.search(pattern, got)):
        piece = s.recv(4096)
        if not piece:
            raise SystemExit(f"the connection was closed; the last it said: {got}")
        got += piece
    return found.group()


def sample_frame():
    """One event frame as Bellwire really sends it: what the floor and the peer send, too."""
    with Bellwired() as server:
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            s.sendall(
                b"GET /ws/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + key + b"\r\n"
            )
            read_until(s, rb"\r\n\r\n")
            text = server.subscribe.encode()
            s.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
            read_until(s, rb'"subscribed"')
            server.emit(1, 0).report()
            frame = read_until(s, rb'\{"type":"event".*\}\}?')
    return re.sub(rb'"n":\d+', b'"n":1000000000', frame)


def deliver(server, events, rate, readers=CLIENTS, stuck=0):
    """Publishes to watchers; returns their report with the server's CPU per delivery."""
    watchers = Watchers(server, readers, events, stuck=stuck)
    server.settle(readers + stuck)
    before = server.cpu_s()
    publisher = server.emit(events, rate)
    report = watchers.report()
    if publisher:
        publisher.report()
    report["cpu_us"] = (server.cpu_s() - before) * 1e6 / report["events"]
    report["rate"] = report["events"] / report["seconds"]
    if report["complete"] != readers or report["gaps"] or report["lost_connections"]:
        raise SystemExit(f"{type(server).__name__} lost events: {report}")
    return report


def in_turns(*pairs):
    """measure(server) for each pair (server, measure), ROUNDS times in turn; a list of reports each."""
    reports = [[] for _ in pairs]
    for _ in range(ROUNDS):
        for (server, measure), of_pair in zip(pairs, reports):
            with server() as running:
                of_pair.append(measure(running))
    return reports


def fanout_paced():
    frame = sample_frame()

    def paced(server):
        return deliver(server, RATE * SECONDS, RATE)

    ours, floor, peer = in_turns(
        (Bellwired, paced), (lambda: Floor(frame), paced), (lambda: Nchan(frame), paced)
    )
    cpu = median(a["cpu_us"] / b["cpu_us"] for a, b in zip(ours, floor))
    p99 = median(a["p99_us"] / b["p99_us"] for a, b in zip(ours, floor))
    row(
        f"fan-out, {CLIENTS} clients, {RATE} events/s of {len(frame)} B frames: server CPU per delivery",
        f"{cpu:.2f} × floor ({mid(ours, 'cpu_us'):.2f} against {mid(floor, 'cpu_us'):.2f} µs;"
        f" Nchan {mid(peer, 'cpu_us'):.2f})",
        "≤ 1.25 × floor",
        cpu <= 1.25,
    )
    row(
        "the same: p99 latency",
        f"{p99:.2f} × floor ({mid(ours, 'p99_us') / 1000:.1f} against {mid(floor, 'p99_us') / 1000:.1f} ms;"
        f" Nchan {mid(peer, 'p99_us') / 1000:.1f})",
        "≤ 2 × floor",
        p99 <= 2,
    )


def fanout_sse():
    frame = sample_frame()

    def paced(server):
        return deliver(server, RATE * SECONDS, RATE)

    ours, floor, peer = in_turns(
        (BellwiredSse, paced), (lambda: Floor(frame), paced), (lambda: NchanSse(frame), paced)
    )
    cpu = median(a["cpu_us"] / b["cpu_us"] for a, b in zip(ours, floor))
    row(
        f"fan-out by SSE, {CLIENTS} clients, {RATE} events/s: server CPU per delivery",
        f"{cpu:.2f} × floor ({mid(ours, 'cpu_us'):.2f} against {mid(floor, 'cpu_us'):.2f} µs;"
        f" Nchan's SSE {mid(peer, 'cpu_us'):.2f})",
        "≤ 1.25 × floor",
        cpu <= 1.25,
    )


def fanout_stuck():
    half = CLIENTS // 2
    calm, stuck = in_turns(
        (Bellwired, lambda server: deliver(server, RATE * SECONDS, RATE)),
        (Bellwired, lambda server: deliver(server, RATE * SECONDS, RATE, readers=half, stuck=half)),
    )
    ratio = median(a["p99_us"] / b["p99_us"] for a, b in zip(stuck, calm))
    row(
        f"p99 of {half} readers when {half} more stop reading, to that of {CLIENTS} who all read",
        f"{ratio:.2f} × ({mid(stuck, 'p99_us') / 1000:.1f} against {mid(calm, 'p99_us') / 1000:.1f} ms)",
        "not moved: ≤ 1.2 ×",
        ratio <= 1.2,
    )


def fanout_flood():
    frame = sample_frame()

    def flood(server):
        return deliver(server, 4000 * SECONDS, 0)

    ours, floor, peer = in_turns(
        (Bellwired, flood),
        (lambda: Floor(frame, threads=2), flood),
        (lambda: Nchan(frame), lambda server: deliver(server, 300 * SECONDS, 0)),
    )
    rate, times = mid(ours, "rate"), mid(ours, "rate") / mid(peer, "rate")
    row(
        "fan-out as fast as events are published in batches",
        f"{rate / 1e6:.2f} M deliveries/s (floor {mid(floor, 'rate') / 1e6:.2f} M/s)",
        "≥ 5 M/s",
        rate >= 5e6,
    )
    row(
        "the same, to Nchan",
        f"{times:.1f} × ({mid(peer, 'rate') / 1e6:.2f} M/s)",
        "≥ 5 ×",
        times >= 5,
    )


def idle_memory():
    clients = 10000
    with Bellwired() as server:
        Watchers(server, 100, 1, seconds=0).report()  # what is allocated once
        before = memory_bytes(server.process.pid)
        watchers = Watchers(server, clients, 1, seconds=30)
        grown = memory_bytes(server.process.pid) - before
        watchers.process.kill()
    row(
        f"memory per idle WebSocket, {clients} of them",
        f"{grown / clients / 1024:.2f} KiB",
        "≤ 2 KiB",
        grown / clients <= 2048,
    )


def connections():
    clients, rate, seconds = 15000, 20, max(60, SECONDS)
    with Bellwired() as server:
        watchers = Watchers(server, clients, rate * seconds, seconds=seconds * 3)
        publisher = server.emit(rate * seconds, rate)
        report = watchers.report()
        publisher.report()
    held = report["complete"] == clients and not report["gaps"] and not report["lost_connections"]
    row(
        f"{clients} connections for {seconds} s of {rate} events/s",
        f"{report['complete']} got every event, {report['lost_connections']} connections lost,"
        f" p99 {report['p99_us'] / 1000:.0f} ms",
        "all held, none lost",
        held,
    )


ROWS = {
    "fanout": fanout_paced,
    "sse": fanout_sse,
    "polls": lambda: poll_rows.polls(row, in_turns, sample_frame(), SECONDS),
    "stuck": fanout_stuck,
    "flood": fanout_flood,
    "memory": idle_memory,
    "filtered": lambda: stream_rows.filtered(row, in_turns, sample_frame(), SECONDS),
    "storm": lambda: stream_rows.storm(row, in_turns, sample_frame(), SECONDS),
    "connections": connections,
    "ingest": lambda: ingest_rows.ingest(row, in_turns, SECONDS),
    "emit": lambda: ingest_rows.emit(row, in_turns, SECONDS),
    "start": lambda: rest_rows.start_up(row, ROUNDS),
    "polling": lambda: rest_rows.polling(row, SECONDS),
}


def main(arguments):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = [name for argument in arguments for name in argument.split(",")] or list(ROWS)
    for name in wanted:
        print(name, flush=True)
        ROWS[name]()
    print("\n| what | measured | target | |\n|---|---|---|---|")
    for r in results:
        print(f"| {r['what']} | {r['measured']} | {r['target']} | {'ok' if r['ok'] else 'missed'} |")
    (BUILD.parent / "bench.json").write_text(json.dumps(results, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
