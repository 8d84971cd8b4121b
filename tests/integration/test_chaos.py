"""Chaos: watchers that switch transports, half of them slow, while both halves are killed, drained,
made lossy, and separated. Nobody misses anything, sees anything twice, or shows a wrong state.

BELLWIRE_CHAOS_S is how long it goes on (`make chaos`: 300), BELLWIRE_SEED repeats what is drawn."""

import os
import random

import pytest
from chaos import TRANSPORTS, Chaos, Watcher, state_of
from kit import Bus, wait_until
from load import Producer
from relay import Relay

SECONDS = float(os.environ.get("BELLWIRE_CHAOS_S", "15"))
WATCHERS = int(os.environ.get("BELLWIRE_WATCHERS", "40"))
SEED = int(os.environ.get("BELLWIRE_SEED", random.randrange(1 << 32)))


def start_halves(daemons):
    """Bus half and web half with a relay between them. The ring is small: who is slow falls behind."""
    bus = daemons("--only", "bus")
    bus.start(wait=False)
    relay = Relay(bus.folder, f"{bus.data}/bus")
    relay.join()
    web = daemons("--only", "web", "--ring-bytes", "64K", "--drain-s", "1", folder=bus.folder / "web")
    web.bus = relay.url
    return bus, web.start(), relay


def table_of(web):
    rows, page = {}, {}
    while True:
        answer = web.get("/api/v1/tasks", limit=500, **page).json
        rows |= {row["id"]: state_of(row) for row in answer["data"]["items"]}
        if not answer["data"]["next"]:
            return rows
        page = {"page": answer["data"]["next"]}


def check(watcher, journal, table):
    assert watcher.fault is None, f"watcher {watcher.number}: {watcher.fault}"
    if not watcher.conflates or watcher.topic == "logs":
        wanted = [event["id"] for event in journal[watcher.topic]]
        assert watcher.seen == wanted, f"watcher {watcher.number} parts at {first_difference(watcher.seen, wanted)}"
    if watcher.topic == "system":
        wrong = {id: (watcher.shown.get(id), row) for id, row in table.items() if watcher.shown.get(id) != row}
        assert not wrong, f"watcher {watcher.number} shows, instead of what is: {wrong}"


def first_difference(seen, wanted):
    same = (n for n, (a, b) in enumerate(zip(seen, wanted)) if a != b)
    return next(same, f"the end: {len(seen)} events of {len(wanted)}")


@pytest.mark.timeout(1200)
def test_chaos(daemons):
    print(f"BELLWIRE_SEED={SEED} BELLWIRE_CHAOS_S={SECONDS} BELLWIRE_WATCHERS={WATCHERS}")
    bus_half, web_half, relay = start_halves(daemons)
    url = f"http://127.0.0.1:{web_half.port}"
    offered = [transport for transport in TRANSPORTS if transport.is_offered(Watcher(url, 0, SEED, []).server)]
    producers = [Producer(bus_half, n, SEED, batch=10, pause_s=0.2, fill="x" * 2000) for n in range(2)]
    watchers = [Watcher(url, n, SEED, offered) for n in range(WATCHERS)]
    chaos = Chaos(bus_half, web_half, relay, SEED)
    for thread in producers + watchers:
        thread.start()
    try:
        chaos.go_on(SECONDS)
    finally:
        for thread in producers:
            thread.ending.set()
        for thread in producers:
            thread.join()
    print(f"steps: {chaos.done}")
    with Bus(bus_half) as bus:
        journal = {topic: bus.all_events(topic) for topic in ("system", "logs")}
        epoch = bus.call("stats")["epoch"]
    assert all(id in {e["id"] for events in journal.values() for e in events} for p in producers for id in p.acked)
    last = {topic: f"{epoch:08x}.{events[-1]['seq']}" for topic, events in journal.items()}
    try:
        for watcher in watchers:
            watcher.hurry.set()
        for watcher in watchers:
            wait_until(
                lambda: watcher.fault or watcher.has_reached(last[watcher.topic]),
                f"watcher {watcher.number} to reach {last[watcher.topic]}; it is at {watcher.cursor}",
                timeout_s=300,
            )
    finally:
        for watcher in watchers:
            watcher.ending.set()
        for watcher in watchers:
            watcher.join()
    table = table_of(web_half)
    for watcher in watchers:
        check(watcher, journal, table)
    stays = sum(watcher.stays for watcher in watchers)
    conflated = sum(watcher.conflated for watcher in watchers)
    print(f"{len(journal['system']) + len(journal['logs'])} events, {stays} stays, {conflated} conflated frames")
    assert stays > WATCHERS
    relay.cut()
