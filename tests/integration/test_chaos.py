"""Chaos: pages that switch transports, half of them slow, while both halves are killed, drained,
made lossy, and separated. Nobody misses anything, sees anything twice, or shows a wrong state.

BELLWIRE_CHAOS_S is how long it goes on (`make chaos`: 300), BELLWIRE_SEED repeats what is drawn,
BELLWIRE_PATIENCE_S is how long a page may take in the end to see everything."""

import os
import random

import pytest
from chaos import Chaos
from kit import Bus, wait_until
from load import Producer, new_event
from pages import LAST, TRANSPORTS, Page, state_of
from relay import Relay

SECONDS = float(os.environ.get("BELLWIRE_CHAOS_S", "15"))
PAGES = int(os.environ.get("BELLWIRE_PAGES", "40"))
PATIENCE_S = float(os.environ.get("BELLWIRE_PATIENCE_S", "300"))
SEED = int(os.environ.get("BELLWIRE_SEED", random.randrange(1 << 32)))


def start_halves(daemons):
    """Bus half and web half with a relay between them. The ring is small: who is slow falls behind."""
    bus = daemons("--only", "bus")
    bus.start(wait=False)
    relay = Relay(bus.folder, f"{bus.data}/bus", SEED)
    relay.join()
    web = daemons("--only", "web", "--ring-bytes", "64K", "--drain-s", "1", folder=bus.folder / "web")
    web.bus = relay.url
    return bus, web.start(), relay


def end_load(producers, bus):
    """No producer is left behind; then the last word, which every page waits for. Returns the journal."""
    for thread in producers:
        thread.ending.set()
    for thread in producers:
        thread.join()
    with Bus(bus) as requests:
        requests.publish(new_event("TASK_LOG", id=LAST), new_event("TASK_COMPLETED", id=LAST))
        return {topic: requests.all_events(topic) for topic in ("system", "logs")}


def check_journal(journal, producers):
    """Everything acked is there, once, where the ack said; what was refused as stale is not."""
    seqs = {event["id"]: event["seq"] for events in journal.values() for event in events}
    assert sorted(seqs.values()) == list(range(1, sum(map(len, journal.values())) + 1)), "a hole, or an id twice"
    for producer in producers:
        assert not producer.stale & seqs.keys()
        wrong = {id: (seq, seqs.get(id)) for id, seq in producer.acked.items() if seqs.get(id) != seq}
        assert not wrong, f"acked, and where it is: {wrong}"


def table_of(web):
    rows, page = {}, {}
    while True:
        answer = web.get("/api/v1/tasks", limit=500, **page).json
        rows |= {row["id"]: state_of(row) for row in answer["data"]["items"]}
        if not answer["data"]["next"]:
            return rows
        page = {"page": answer["data"]["next"]}


def check(page, journal, table):
    assert page.fault is None, f"{page.name}: {page.fault}"
    for topic in page.topics:
        wanted = [e for e in journal[topic] if page.tasks is None or e["data"]["id"] in page.tasks]
        if page.conflates:
            missed = [e for e in wanted if any(after < e["seq"] <= to for after, to in page.skipped)]
            assert not missed, f"{page.name}: rows of what changed later, without {missed}"
        else:
            check_seen(f"{page.name}, {topic}", page.seen[topic], [e["id"] for e in wanted])
    if "system" in page.topics:
        rows = {id: row for id, row in table.items() if page.tasks is None or id in page.tasks}
        wrong = {id: (page.shown.get(id), rows.get(id)) for id in rows.keys() | page.shown.keys()}
        wrong = {id: both for id, both in wrong.items() if both[0] != both[1]}
        assert not wrong, f"{page.name} shows, and what is: {wrong}"


def check_seen(where, seen, wanted):
    same = (n for n, (a, b) in enumerate(zip(seen, wanted)) if a != b)
    first = next(same, f"the end: {len(seen)} events of {len(wanted)}")
    assert seen == wanted, f"{where}: parts at {first}"


def wait_for(pages, journal):
    last = {topic: events[-1]["seq"] for topic, events in journal.items()}
    for page in pages:
        page.hurry.set()
    for page in pages:
        wait_until(
            lambda: page.fault or page.has_reached(last),
            f"{page.name} to reach {last}; it is at {page.places}",
            timeout_s=PATIENCE_S,
        )
    for page in pages:
        page.ending.set()
    for page in pages:
        page.join()


def taken_over(pages):
    return {t.__name__: sum(page.taken.get(t.__name__, 0) for page in pages) for t in TRANSPORTS}


def was_chaos(pages, relay):
    """Pages have moved about, every transport was of use, some fell far behind, and messages were lost."""
    moved = sum(page.stays for page in pages) > 2 * len(pages)
    used = all(taken_over(pages).values())
    return moved and used and relay.lost and any(page.conflated for page in pages)


@pytest.mark.timeout(1200)
def test_chaos(daemons):
    print(f"BELLWIRE_SEED={SEED} BELLWIRE_CHAOS_S={SECONDS} BELLWIRE_PAGES={PAGES}")
    bus, web, relay = start_halves(daemons)
    producers = [Producer(bus, n, SEED, batch=10, pause_s=0.2, fill="x" * 8000) for n in range(2)]
    pages = [Page(f"http://127.0.0.1:{web.port}", n, SEED) for n in range(PAGES)]
    chaos = Chaos(bus, web, relay, SEED)
    for thread in producers + pages:
        thread.start()
    try:
        chaos.go_on(SECONDS, lambda: was_chaos(pages, relay))
        relay.loss = 0.0
        journal = end_load(producers, bus)
        check_journal(journal, producers)
        wait_for(pages, journal)
    finally:
        for thread in producers + pages:
            thread.ending.set()
    chaos.count()
    table = table_of(web)
    for page in pages:
        check(page, journal, table)

    stays, conflated = sum(page.stays for page in pages), sum(page.conflated for page in pages)
    late = sum(len(page.skipped) for page in pages)
    print(f"steps: {chaos.done}; {relay.lost} messages lost; {chaos.counted}")
    print(f"{ {topic: len(events) for topic, events in journal.items()} } events; {stays} stays")
    print(f"frames: {taken_over(pages)}; {conflated} conflated, {late} of them from later than the page's place")
    print(f"{sum(len(p.stale) for p in producers)} events refused as stale")
    relay.cut()
    assert web.stop() == 0 and bus.stop() == 0
    bus.verify()
