"""Pages that move between transports with the cursor they have, and believe nothing twice."""

import http.client
import json
import random
import socket
import threading
import time

from conformance.feeds import LongPoll, Polling, Sse, SseLastEventId, WebSocket
from conformance.server import Broken, Server, Unavailable, seq_of
from load import TASKS, name_of_task
from websockets.exceptions import WebSocketException

TRANSPORTS = [WebSocket, Sse, SseLastEventId, LongPoll, Polling]
PASSING = (OSError, EOFError, ValueError, Unavailable, WebSocketException, http.client.HTTPException)

BUS_IS_AWAY = ("unavailable", "timeout")  # then a subscription waits, and goes on by itself

LAST = "last"  # a task that every page watches: with its events everything ends
SOME_TASKS = [LAST] + [name_of_task(producer, n) for producer in range(2) for n in range(0, TASKS, 4)]
KINDS = [
    {"topics": ["system", "logs"]},
    {"topics": ["system"], "conflates": True},
    {"topics": ["logs"]},
    {"topics": ["system", "logs"], "tasks": SOME_TASKS},
    {"topics": ["system"], "conflates": True, "tasks": SOME_TASKS},
    {"topics": ["system"]},
]


def state_of(row):
    return row["status"], row["progress"], row["attempt"], row["updated_at"]


def seq_at(cursor):
    return 0 if cursor == "oldest" else seq_of(cursor)


class Fault(Exception):
    """The page was told something that cannot be right."""


class Page(threading.Thread):
    """A page that is cut again and again, and goes on elsewhere with the cursor it has.

    Of events it keeps the ids, all of them in the order they came; of tasks what it would show. Every other
    page is slow: some take their time with each frame, some take nothing for seconds.
    """

    def __init__(self, url, number, seed):
        super().__init__(daemon=True)
        kind = KINDS[number // 4 % len(KINDS)]
        self.name = f"page {number}"
        self.server = Server(url)
        self.random = random.Random(f"{seed} page {number}")
        self.trickles, self.stalls = number % 4 == 1, number % 4 == 3
        self.topics = kind["topics"]
        self.conflates = kind.get("conflates", False)
        self.tasks = kind.get("tasks")
        self.places = {topic: "oldest" for topic in self.topics}
        self.known = {}  # topic → seq up to which a merged feed may repeat, since it began with another's place
        self.seen = {topic: [] for topic in self.topics}
        self.shown = {}
        self.stays, self.taken = 0, {}  # taken: frames by transport
        self.conflated = 0
        self.skipped = []  # (after, to): what the server said had nothing for this page
        self.fault = None
        self.hurry, self.ending = threading.Event(), threading.Event()

    # --- Moving ---------------------------------------------------------------------------------
    def run(self):
        while not self.ending.is_set() and not self.fault:
            try:
                self.stay(self.random.choice(TRANSPORTS))
            except json.JSONDecodeError as fault:
                self.fault = f"no JSON: {fault.doc[:200]}"
            except PASSING:
                time.sleep(0.05)  # not for a condition: not to spin while nobody listens
            except (Fault, Broken, AssertionError, KeyError, TypeError) as fault:
                self.fault = f"{type(fault).__name__}: {fault}"

    def stay(self, transport):
        begin = self.places if transport is WebSocket else min(self.places.values(), key=seq_at)
        try:
            feed = transport(self.server, self.topics, begin, **self.options(transport))
        except Broken as broken:
            raise ConnectionError("cut before it began") from broken
        with feed:
            self.known = {topic: seq_at(place) for topic, place in self.places.items() if feed.merges}
            self.watch(feed)

    def options(self, transport):
        options = {}
        if self.conflates and not issubclass(transport, Polling):
            options["catchup"] = "conflate"
        if self.tasks and transport is WebSocket:
            options["filter"] = {"task_id": self.tasks}
        elif self.tasks:
            options["task_id"] = ",".join(self.tasks)
        return options

    def watch(self, feed):
        self.stays += 1
        if (self.trickles or self.stalls) and not isinstance(feed, Polling):
            narrow(feed)
        until = time.monotonic() + self.random.uniform(0.2, 6)
        while time.monotonic() < until and not feed.has_ended and not self.ending.is_set():
            frame = feed.next(1)
            if frame:
                self.take(frame, feed)
            if self.trickles and not self.hurry.is_set():
                time.sleep(self.random.uniform(0, 0.1))
            elif self.stalls and self.random.random() < 0.01:
                self.hurry.wait(self.random.uniform(1, 6))

    # --- Believing ------------------------------------------------------------------------------
    def take(self, frame, feed):
        over = type(feed).__name__
        if frame["type"] == "subscribed" and frame["recovered"]:
            return
        if frame["type"] in ("error", "problem") and frame["code"] in BUS_IS_AWAY:
            return
        is_change = frame["type"] == "conflated" and self.conflates and not isinstance(feed, Polling)
        if frame["type"] != "event" and not is_change:
            raise Fault(f"over {over}, after {self.places}: {frame}")
        topic, seq = frame["topic"], seq_of(frame["cursor"])
        if seq <= self.known.get(topic, 0):
            return
        if seq <= seq_at(self.places[topic]):
            raise Fault(f"over {over}, after {self.places}, again or too late: {frame}")
        if is_change:
            self.show_rows(frame)
        else:
            self.show_event(frame)
        for settled in self.topics if feed.merges else [topic]:
            if seq > seq_at(self.places[settled]):
                self.places[settled] = frame["cursor"]
        self.taken[over] = self.taken.get(over, 0) + 1

    def show_event(self, frame):
        self.seen[frame["topic"]].append(frame["id"])
        if frame["event_type"] == "TASK_DELETED":
            self.shown.pop(frame["data"]["id"], None)
        elif frame["topic"] == "system":
            self.shown[frame["data"]["id"]] = state_of(frame["data"])

    def show_rows(self, frame):
        self.conflated += 1
        place, begin = seq_at(self.places[frame["topic"]]), seq_at(frame["from"])
        if begin > place:
            self.skipped.append((place, begin))
        for id in frame.get("deleted", []):
            self.shown.pop(id, None)
        for row in frame["tasks"]:
            self.shown[row["id"]] = state_of(row)

    def has_reached(self, seqs):
        return all(seq_at(self.places[topic]) >= seqs[topic] for topic in self.topics)


def narrow(feed):
    """Lets the kernel keep little for this page, so that the server notices how slow it is."""
    connection = feed.socket.socket if isinstance(feed, WebSocket) else feed.socket
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
