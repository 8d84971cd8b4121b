"""kill -9 at random moments under load: every acked event is there once, the table equals its
events, and watchers that come back with their cursor miss nothing and see nothing twice."""

import itertools
import os
import random
import threading
import time

import pytest
from kit import Bus, Watcher, wait_until
from load import Producer
from websockets.exceptions import ConnectionClosed, InvalidHandshake

KILLS = int(os.environ.get("BELLWIRE_KILLS", "50"))
SEED = int(os.environ.get("BELLWIRE_SEED", random.randrange(1 << 32)))
BATCH = 25


class Page(threading.Thread):
    """Watches two topics; after every loss of its connection it comes back with its cursors."""

    def __init__(self, daemon):
        super().__init__()
        self.daemon_under_test = daemon
        self.cursors = {"system": "oldest", "logs": "oldest"}
        self.seen = {"system": [], "logs": []}
        self.returns = 0
        self.fault = None
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                with Watcher(self.daemon_under_test) as watcher:
                    self.watch(watcher)
            except (OSError, ConnectionClosed, InvalidHandshake, EOFError, TimeoutError):
                self.returns += 1
                time.sleep(0.01)  # not for a condition: not to spin while nobody listens
            except AssertionError as fault:
                self.fault = fault
                return

    def watch(self, watcher):
        for topic, cursor in self.cursors.items():
            watcher.send(type="subscribe", topic=topic, after=cursor)
        while not self.ending.is_set():
            try:
                frame = watcher.receive(timeout_s=0.5)
            except TimeoutError:
                continue
            if frame["type"] == "subscribed":
                assert frame["recovered"], frame
                continue
            assert frame["type"] == "event", frame
            self.seen[frame["topic"]].append(frame["id"])
            self.cursors[frame["topic"]] = frame["cursor"]


@pytest.mark.timeout(900)
def test_kill_9_under_load_loses_nothing_acked(daemons):
    print(f"BELLWIRE_SEED={SEED}")
    moments = random.Random(SEED)
    daemon = daemons().start()
    producers = [Producer(daemon, n, SEED, BATCH) for n in range(3)]
    pages = [Page(daemon) for _ in range(3)]
    for thread in itertools.chain(producers, pages):
        thread.start()
    try:
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.02, 0.5))  # the random moment
            daemon.kill()
            daemon.start()
    finally:
        for producer in producers:
            producer.ending.set()
        for producer in producers:
            producer.join()

    with Bus(daemon) as bus:
        journal = {topic: bus.all_events(topic) for topic in ("system", "logs")}
    stored = [event for events in journal.values() for event in events]
    seq_of = {event["id"]: event["seq"] for event in stored}
    assert len(seq_of) == len(stored), "an event is stored twice"
    assert sorted(seq_of.values()) == list(range(1, len(stored) + 1)), "the sequence has a hole"
    acked = {id: seq for producer in producers for id, seq in producer.acked.items()}
    assert len(acked) > KILLS * BATCH / 5, "there was no load"
    for id, seq in acked.items():
        assert seq_of.get(id) == seq, f"acked event {id} (seq {seq}) is at {seq_of.get(id)}"
    for topic, events in journal.items():
        for before, event in zip([{"seq": 0}, *events], events):
            assert event["prev"] == before["seq"], f"{topic}: prev of {event['seq']}"

    expected = {topic: [event["id"] for event in events] for topic, events in journal.items()}
    try:
        for page in pages:
            wait_until(
                lambda: page.fault or all(len(page.seen[t]) >= len(expected[t]) for t in expected),
                "a page to see everything",
            )
    finally:
        for page in pages:
            page.ending.set()
        for page in pages:
            page.join()
    for page in pages:
        assert page.fault is None, page.fault
        assert page.returns > 0
        assert page.seen == expected
    daemon.verify()
