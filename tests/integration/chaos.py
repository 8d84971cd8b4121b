"""What the chaos test is made of: watchers that move between transports, and what happens meanwhile."""

import http.client
import random
import threading
import time

from conformance.feeds import LongPoll, Polling, Sse, SseLastEventId, WebSocket
from conformance.server import Broken, Server, seq_of
from websockets.exceptions import WebSocketException

TRANSPORTS = [WebSocket, Sse, SseLastEventId, LongPoll, Polling]
FAILED_CONNECTIONS = (OSError, EOFError, ValueError, Broken, WebSocketException, http.client.HTTPException)


def state_of(row):
    return row["status"], row["progress"], row["attempt"]


class Watcher(threading.Thread):
    """A page that is cut again and again, and goes on elsewhere with the cursor it has.

    Without conflation it keeps the ids it has seen, all of them; of tasks it keeps what it would show.
    """

    def __init__(self, url, number, seed, transports):
        super().__init__(daemon=True)
        self.number = number
        self.server = Server(url)
        self.random = random.Random(f"{seed} watcher {number}")
        self.transports = transports
        self.slow = number % 2 == 1
        self.conflates = number % 4 >= 2
        self.topic = "logs" if number % 8 < 2 else "system"
        self.cursor = "oldest"
        self.seen, self.shown = [], {}
        self.stays = 0
        self.conflated = 0
        self.fault = None
        self.hurry, self.ending = threading.Event(), threading.Event()

    def run(self):
        while not self.ending.is_set() and not self.fault:
            transport = self.random.choice(self.transports)
            options = {"catchup": "conflate"} if self.conflates and not issubclass(transport, Polling) else {}
            try:
                with transport(self.server, [self.topic], self.cursor, **options) as feed:
                    self.watch(feed, transport)
            except FAILED_CONNECTIONS:
                time.sleep(0.05)  # not for a condition: not to spin while nobody listens

    def watch(self, feed, transport):
        self.stays += 1
        until = time.monotonic() + self.random.uniform(0.2, 6)
        while time.monotonic() < until and not self.ending.is_set() and not self.fault:
            frame = feed.next(1)
            if frame:
                self.take(frame, transport)
            if self.slow and not self.hurry.is_set():
                time.sleep(self.random.uniform(0, 0.1))

    def take(self, frame, transport):
        if frame["type"] == "event":
            self.seen.append(frame["id"])
            if self.topic == "system":
                self.shown[frame["data"]["id"]] = state_of(frame["data"])
        elif frame["type"] == "conflated" and self.conflates:
            self.conflated += 1
            for row in frame["tasks"]:
                self.shown[row["id"]] = state_of(row)
        elif frame["type"] == "subscribed" and frame["recovered"]:
            return  # its cursor is ours
        elif frame["type"] != "error":  # which says that the bus is away
            self.fault = f"over {transport.__name__}, after {self.cursor}: {frame}"
            return
        if "cursor" in frame and frame["type"] != "error":
            if self.cursor != "oldest" and seq_of(frame["cursor"]) <= seq_of(self.cursor):
                self.fault = f"over {transport.__name__}, after {self.cursor}, again: {frame}"
            self.cursor = frame["cursor"]

    def has_reached(self, cursor):
        return self.cursor != "oldest" and seq_of(self.cursor) >= seq_of(cursor)


class Chaos:
    """What happens to the two halves. Each step is drawn from the seed."""

    LOSSY = ["--pub-buffer-messages", "1"]

    def __init__(self, bus, web, relay, seed):
        self.bus, self.web, self.relay = bus, web, relay
        self.random = random.Random(f"{seed} chaos")
        self.steps = [self.kill_web, self.kill_bus, self.drain_web, self.stop_bus, self.lose, self.separate]
        self.left = []
        self.done = {}

    def go_on(self, seconds):
        """Steps with pauses, each kind as often as the others and at least once, for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(self.done) < len(self.steps):
            if not self.left:
                self.left = self.random.sample(self.steps, len(self.steps))
            step = self.left.pop()
            step()
            self.done[step.__name__] = self.done.get(step.__name__, 0) + 1
            time.sleep(self.random.uniform(0.2, 2))

    def pause(self):
        time.sleep(self.random.uniform(0, 1))

    def kill_web(self):
        self.web.kill()
        self.pause()
        self.web.start()

    def drain_web(self):
        assert self.web.stop() == 0, self.web.last_lines()
        self.pause()
        self.web.start()

    def kill_bus(self):
        self.bus.kill()
        self.pause()
        self.bus.start(wait=False)

    def stop_bus(self):
        assert self.bus.stop() == 0, self.bus.last_lines()
        self.pause()
        self.bus.start(wait=False)

    def lose(self):
        """The bus publishes with next to no buffer, or with its usual one again."""
        self.bus.arguments = [] if self.bus.arguments else self.LOSSY
        self.stop_bus()

    def separate(self):
        self.relay.cut()
        self.pause()
        self.relay.join()
