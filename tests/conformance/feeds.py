"""The transports, made alike: each is a feed that yields the protocol's frames as they come.

A feed is opened with topics and where to begin, and next() returns the next frame (a dict with `type`)
or None when none came in time. What differs between transports stays here.
"""

import contextlib
import http.client
import json
import queue
import socket
import threading
import time

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from .server import Deadline, Patience, must, new_name


NOT_RFC_6455 = (1002, 1007)  # the close codes of who was sent what cannot be


class Feed:
    begins_now = True  # without `after`
    merges = True      # several topics in one order
    has_ended = False  # the server, or the network, hung up: nothing comes any more

    def __init__(self, server, topics, after=None, **options):
        self.server, self.topics, self.after, self.options = server, topics, after, options
        self.open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        pass

    def events(self, n, patience_s=None):
        """The next n events, other frames left out; fewer when they do not come."""
        found, deadline = [], Deadline(patience_s)
        while len(found) < n:
            frame = self.next(deadline.left_s)
            if frame is None:
                break
            if frame["type"] == "event":
                found.append(frame)
        return found

    def first(self, *types):
        """The next frame of one of these types."""
        deadline = Deadline()
        while True:
            frame = self.next(deadline.left_s)
            must(frame is not None, f"no frame of type {' or '.join(types)}", "one")
            if frame["type"] in types:
                return frame


class WebSocket(Feed):
    """`/ws/realtime`: every topic has its own place, so `after` may be a dict by topic."""

    merges = False

    @staticmethod
    def is_offered(server):
        try:
            with connect(server.websocket_url, open_timeout=Patience.seconds, compression=None):
                return True
        except (OSError, EOFError, InvalidHandshake):
            return False

    def open(self):
        self.life = contextlib.ExitStack()
        options = {"open_timeout": Patience.seconds, "max_size": None, "compression": None, "ping_interval": None}
        self.socket = self.life.enter_context(connect(self.server.websocket_url, **options))
        try:
            self.subscribe()
        except BaseException:
            self.close()
            raise

    def subscribe(self):
        for topic in self.topics:
            message = {"type": "subscribe", "topic": topic, **self.options}
            after = self.after.get(topic) if isinstance(self.after, dict) else self.after
            if after is not None:
                message["after"] = after
            self.socket.send(json.dumps(message))
        must((first := self.receive(Patience.seconds)) and first["type"] == "connected", first, "`connected`")
        self.early = []
        while sum(frame["type"] == "subscribed" for frame in self.early) < len(self.topics):
            frame = self.receive(Patience.seconds)
            must(frame is not None, "no `subscribed`", "one for each topic")
            must(frame["type"] != "error", frame, "`subscribed`")
            self.early.append(frame)

    def receive(self, timeout_s):
        try:
            return json.loads(self.socket.recv(timeout=timeout_s))
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            we_found = closed.sent.code if closed.sent and not closed.rcvd else None
            must(we_found not in NOT_RFC_6455, f"close with {closed.sent} by us", "WebSocket frames")
            self.has_ended = True
            return None

    def next(self, timeout_s):
        return self.early.pop(0) if self.early else self.receive(timeout_s)

    def close(self):
        """Cuts the connection, as networks do."""
        with contextlib.suppress(OSError):
            self.socket.socket.shutdown(socket.SHUT_RDWR)
        self.life.close()


class Sse(Feed):
    """`GET /api/v1/stream`, read as a browser's EventSource does."""

    last_event_id = None

    @staticmethod
    def is_offered(server):
        connection = server.connect()
        try:
            connection.request("GET", f"/api/v1/stream?topics={new_name()}")
            response = connection.getresponse()
            return response.status == 200 and "event-stream" in response.getheader("Content-Type", "")
        finally:
            connection.close()

    def open(self):
        query = {"topics": ",".join(self.topics), **self.options}
        headers = {"Accept": "text/event-stream"}
        if self.after is not None and self.last_event_id:
            headers["Last-Event-ID"] = self.after
        elif self.after is not None:
            query["after"] = self.after
        path = "/api/v1/stream?" + "&".join(f"{key}={value}" for key, value in query.items())
        connection = self.server.connect()
        connection.request("GET", path, headers=headers)
        self.socket = connection.sock
        response = connection.getresponse()
        must(response.status == 200, f"GET {path}: {response.status}", "200")
        self.socket.settimeout(None)
        self.lines = queue.Queue(64)  # who does not take what comes is a slow page, for the server, too
        self.reader = threading.Thread(target=self.read, args=(response,), daemon=True)
        self.reader.start()
        self.fields = {}

    def read(self, response):
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            for line in response:
                self.lines.put(line.decode().rstrip("\r\n"))
        self.lines.put(None)

    def next(self, timeout_s):
        deadline = Deadline(timeout_s)
        while True:
            try:
                line = self.lines.get(timeout=deadline.left_s)
            except queue.Empty:
                return None
            if line is None:
                self.lines.put(None)  # it ended, and stays so
                self.has_ended = True
                return None
            if line and not line.startswith(":"):
                name, _, value = line.partition(":")
                self.fields[name] = value.removeprefix(" ")
            elif not line:
                fields, self.fields = self.fields, {}
                if "data" in fields:
                    return self.frame(fields)

    @staticmethod
    def frame(fields):
        frame = json.loads(fields["data"])
        if frame["type"] == "event":
            must(fields.get("id") == frame["cursor"], f"id: {fields.get('id')}", f"its cursor, {frame['cursor']}")
            must(fields.get("event") == frame["event_type"], f"event: {fields.get('event')}", frame["event_type"])
        return frame

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        while self.reader.is_alive():
            with contextlib.suppress(queue.Empty):
                self.lines.get(timeout=0.01)


class SseLastEventId(Sse):
    """The same, resuming by the header `Last-Event-ID`."""

    last_event_id = True


class Polling(Feed):
    """`GET /api/v1/events`, again and again."""

    begins_now = False
    limit = 100
    wait_s = None
    PAUSE_S = 0.02

    @staticmethod
    def is_offered(server):
        return server.request("GET", "/api/v1/events", topic=new_name()).status == 200

    def open(self):
        self.frames = []
        self.ask()

    def ask(self):
        query = {"topic": ",".join(self.topics), "limit": self.limit, "wait": self.wait_s, **self.options}
        answer = self.server.get("/api/v1/events", after=self.after, **query)
        self.after = answer["cursor"]
        if answer.get("reset"):
            self.frames.append({"type": "reset", "reason": answer.get("reason"), "cursor": answer["cursor"]})
        self.frames += answer["data"]["events"]
        must(isinstance(answer["cursor"], str), f"cursor {answer['cursor']!r}", "where to go on")

    def next(self, timeout_s):
        deadline = Deadline(timeout_s)
        while not self.frames:
            if deadline.left_s == 0:
                return None
            self.ask()
            if not self.frames and not self.wait_s:
                time.sleep(self.PAUSE_S)
        return self.frames.pop(0)


class LongPoll(Polling):
    """The same, made to wait for an event."""

    wait_s = 2

    @staticmethod
    def is_offered(server):
        answer = server.request("GET", "/api/v1/events", topic=new_name(), after="latest", wait=1)
        return answer.status == 200 and "Retry-After" not in answer.headers

    def open(self):
        # The first question must not wait: what comes after opening is to be seen.
        self.wait_s = 0
        super().open()
        self.wait_s = LongPoll.wait_s


TRANSPORTS = {
    "websocket": WebSocket,
    "sse": Sse,
    "sse-last-event-id": SseLastEventId,
    "long-poll": LongPoll,
    "rest": Polling,
}
