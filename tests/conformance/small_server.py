"""A second, small implementation of the protocol, in memory, that can be told to have a fault.

It shows two things: that a server of other making passes the kit, and that the kit finds each FAULT.
It is no example of how to build one: it has a thread per connection and forgets everything.
"""

import base64
import hashlib
import http.server
import itertools
import json
import threading
import time
import urllib.parse

# Fault → the rule that is bound to find it, and where it is looked for.
FAULTS = {
    "drops an event": (4, "sse"),
    "repeats an event": (4, "websocket"),
    "swaps two events": (4, "long-poll"),
    "tells an earlier cursor": (5, "sse-last-event-id"),
    "tells a later cursor": (10, "websocket"),
    "sends the event at the cursor again": (5, "rest"),
    "begins anew at the head": (5, "sse-last-event-id"),
    "loses what comes while it fetches": (9, "websocket"),
    "guesses at another journal's cursor": (14, "long-poll"),
    "guesses at a cursor beyond the end": (15, "rest"),
    "sends no snapshot after a reset": (14, "sse"),
    "merges topics out of order": (12, "sse"),
    "stores an event twice": (2, "rest"),
    "moves a finished task": (3, "rest"),
    "has a table older than its cursor": (18, "rest"),
    "ends pages too early": (17, "rest"),
    "subscribes at a later cursor": (8, "websocket"),
}
EPOCH = "0badcafe"
TERMINAL = {"completed", "failed", "cancelled", "timeout"}
STATUS = {"TASK_CREATED": "pending", "TASK_COMPLETED": "completed", "TASK_FAILED": "failed"}


def cursor(seq):
    return f"{EPOCH}.{seq}"


class Journal:
    def __init__(self, fault):
        self.fault = fault
        self.events, self.tasks, self.tasks_before = [], {}, {}
        self.changed = threading.Condition()

    def head(self):
        return len(self.events)

    def publish(self, event):
        known = next((e for e in self.events if e["id"] == event.get("id")), None)
        if known and self.fault != "stores an event twice":
            return {"id": known["id"], "cursor": cursor(known["seq"]), "duplicate": True, "applied": True}
        event = {"message": "", "data": {}, "timestamp": "2026-01-01T00:00:00.000000Z", **event}
        event["seq"] = self.head() + 1
        event.setdefault("id", f"event-{event['seq']}")
        event.setdefault("topic", "system")
        if event["topic"] == "system" and not self.apply(event):
            return {"id": event["id"], "cursor": cursor(self.head()), "duplicate": False, "applied": False}
        self.events.append(event)
        return {"id": event["id"], "cursor": cursor(event["seq"]), "duplicate": False, "applied": True}

    def apply(self, event):
        data = event["data"]
        row = dict(self.tasks.get(data["id"], {"id": data["id"], "status": "pending", "progress": 0, "attempt": 1}))
        final = row["status"] in TERMINAL and data.get("attempt", 1) <= row["attempt"]
        if final and self.fault != "moves a finished task":
            return False
        row.update(status=STATUS.get(event["event_type"], row["status"]))
        row.update({key: data[key] for key in ("status", "progress", "attempt") if key in data})
        self.tasks_before = dict(self.tasks)
        self.tasks[data["id"]] = row
        event["data"] = {**data, **row}
        return True

    def after(self, seq, topics, tasks):
        """The frames of the events after seq."""
        found = [e for e in self.events[seq:] if e["topic"] in topics and (not tasks or e["data"].get("id") in tasks)]
        if self.fault == "merges topics out of order":
            found.sort(key=lambda event: event["topic"])
        return [self.frame(event) for event in self.faulty(found)]

    def faulty(self, found):
        for event in found:
            odd = event["data"].get("n", 0) % 9 == 4
            if self.fault == "drops an event" and odd:
                continue
            yield event
            if self.fault == "repeats an event" and odd:
                yield event

    def frame(self, event):
        shift = {"tells an earlier cursor": -1, "tells a later cursor": 1}.get(self.fault, 0)
        kept = {key: event[key] for key in ("topic", "id", "event_type", "message", "data", "timestamp")}
        return {"type": "event", "seq": event["seq"], **kept, "cursor": cursor(event["seq"] + shift)}

    def place(self, after, default):
        """Where a cursor is, and why it cannot be served."""
        after = after or default
        if after in ("oldest", "latest"):
            return (0 if after == "oldest" else self.head()), None
        epoch, _, seq = after.partition(".")
        seq = int(seq)
        if self.fault == "begins anew at the head":
            return self.head(), None
        if epoch != EPOCH and self.fault != "guesses at another journal's cursor":
            return self.head(), "epoch"
        if seq > self.head() and self.fault not in ("guesses at a cursor beyond the end", "tells a later cursor"):
            return self.head(), "ahead"
        return max(0, seq - 1) if self.fault == "sends the event at the cursor again" else min(seq, self.head()), None

    def follow(self, seq, topics, tasks):
        """Frames for ever."""
        behind = bool(seq < self.head())
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.head() > seq)
                frames, seq = self.after(seq, topics, tasks), self.head()
            if self.fault == "swaps two events":
                for at in range(1, len(frames), 2):
                    frames[at - 1], frames[at] = frames[at], frames[at - 1]
            yield from frames
            if behind and self.fault == "loses what comes while it fetches":
                time.sleep(0.02)
                seq = self.head()
            behind = False

    def rows(self, tasks):
        table = self.tasks_before if self.fault == "has a table older than its cursor" else self.tasks
        return [row for id, row in table.items() if not tasks or id in tasks]

    def begin(self, topic, reason):
        """What a stream says before the events when the cursor could not be served."""
        yield {"type": "reset", "topic": topic, "reason": reason}
        if topic == "system" and self.fault != "sends no snapshot after a reset":
            yield self.snapshot(())

    def snapshot(self, tasks):
        place = cursor(self.head())
        return {"type": "snapshot", "topic": "system", "tasks": self.rows(tasks), "more": False, "cursor": place}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    @property
    def journal(self):
        return self.server.journal

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.journal.changed:
            results = [self.journal.publish(event) for event in events]
            self.journal.changed.notify_all()
        self.answer(201, {"data": {"results": results}, "cursor": cursor(self.journal.head())})

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query))
        self.tasks = [id for id in self.query.get("task_id", self.query.get("id", "")).split(",") if id]
        self.topics = self.query.get("topics", self.query.get("topic", "")).split(",")
        routes = {
            "/api/v1/events": self.get_events,
            "/api/v1/tasks": self.get_tasks,
            "/api/v1/stream": self.stream_events,
            "/ws/realtime": self.speak_websocket,
        }
        routes[parts.path]()

    # --- REST and long-poll ------------------------------------------------------------------------
    def get_tasks(self):
        with self.journal.changed:
            self.answer(200, {"data": {"items": self.journal.rows(self.tasks)}, "cursor": cursor(self.journal.head())})

    def get_events(self):
        journal, limit = self.journal, int(self.query.get("limit", 100))
        after = self.query.get("after", "oldest")
        if after not in ("oldest", "latest") and "." not in after:
            self.answer(400, {"code": "invalid", "field": "after"})
            return
        with journal.changed:
            place, reason = journal.place(after, "oldest")
            if not reason:
                wait_s = float(self.query.get("wait", 0))
                journal.changed.wait_for(lambda: journal.after(place, self.topics, self.tasks), wait_s)
            found = [] if reason else journal.after(place, self.topics, self.tasks)
            frames, more = found[:limit], len(found) > limit
            place = frames[-1]["cursor"] if more else cursor(journal.head())
        if journal.fault == "swaps two events":
            frames[:2] = frames[1::-1]
        if journal.fault == "ends pages too early":
            more = False
        answer = {"data": {"events": frames, "more": more}, "reset": bool(reason), "reason": reason, "cursor": place}
        self.answer(200, answer)

    # --- SSE ---------------------------------------------------------------------------------------
    def stream_events(self):
        with self.journal.changed:
            after = self.headers.get("Last-Event-ID") or self.query.get("after")
            place, reason = self.journal.place(after, "latest")
            first = list(self.journal.begin(self.topics[0], reason)) if reason else []
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for frame in itertools.chain(first, self.journal.follow(place, self.topics, self.tasks)):
            name = frame.get("event_type", frame["type"])
            id = f"id: {frame['cursor']}\n" if "cursor" in frame else ""
            self.wfile.write(f"event: {name}\n{id}data: {json.dumps(frame)}\n\n".encode())

    # --- WebSocket -----------------------------------------------------------------------------------
    def speak_websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.close_connection = True
        self.say({"type": "connected", "connection_id": "1"})
        while message := self.hear():
            threading.Thread(target=self.subscribe, args=(json.loads(message),), daemon=True).start()

    def hear(self):
        """A text frame's payload; None at the end."""
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] != 0x81:
            return None
        length = head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(self.rfile.read(2), "big")
        mask = self.rfile.read(4)
        return bytes(b ^ mask[n % 4] for n, b in enumerate(self.rfile.read(length)))

    def say(self, frame):
        body = json.dumps(frame).encode()
        length = bytes([len(body)]) if len(body) < 126 else b"\x7e" + len(body).to_bytes(2, "big")
        self.wfile.write(b"\x81" + length + body)

    def subscribe(self, message):
        topic, journal = message["topic"], self.journal
        tasks = message.get("filter", {}).get("task_id", [])
        tasks = [tasks] if isinstance(tasks, str) else tasks
        with journal.changed:
            place, reason = journal.place(message.get("after"), "latest")
            shift = 1 if journal.fault == "subscribes at a later cursor" else 0
            told = {"type": "subscribed", "topic": topic, "recovered": not reason, "cursor": cursor(place + shift)}
            first = [told, *(journal.begin(topic, reason) if reason else [])]
            if message.get("snapshot"):
                first.append(journal.snapshot(tasks))
        try:
            for frame in itertools.chain(first, journal.follow(place, [topic], tasks)):
                self.say(frame)
        except OSError:
            pass  # it went away


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients cut connections: that is the test


class SmallServer:
    """Runs while the with block does."""

    def __init__(self, fault=None):
        self.httpd = Quiet(("127.0.0.1", 0), Handler)
        self.httpd.journal = Journal(fault)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"

    def __enter__(self):
        threading.Thread(target=self.httpd.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.httpd.shutdown()
        self.httpd.server_close()
