"""The server under test, as anybody reaches it: its address, and the few requests the kit makes of it."""

import http.client
import json
import time
import urllib.parse
import uuid



class Patience:
    """How long anything may take before it counts as not coming."""

    seconds = 30.0


class Broken(Exception):
    """A rule that does not hold."""

    def __init__(self, saw, expected):
        super().__init__(f"saw {saw}, expected {expected}")
        self.saw, self.expected = saw, expected


class Unavailable(Broken):
    """What a server may answer for a while: 503."""


def must(holds, saw, expected):
    if not holds:
        raise Broken(saw, expected)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Broken(f"an answer that is no JSON: {self.body[:100]!r}", "JSON") from None


class Server:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SystemExit(f"--url {url}: must be http://host:port or https://host:port")
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)

    @property
    def websocket_url(self):
        return f"{'wss' if self.secure else 'ws'}://{self.host}:{self.port}/ws/realtime"

    def connect(self):
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=Patience.seconds)

    def request(self, method, path, body=None, **query):
        query = {key: value for key, value in query.items() if value is not None}
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection = self.connect()
        try:
            connection.request(method, path, body and json.dumps(body), headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **query):
        answer = self.request("GET", path, **query)
        if answer.status == 503:
            raise Unavailable(f"GET {path} {query}: 503", "200")
        must(answer.status == 200, f"GET {path} {query}: {answer.status}", "200")
        return answer.json

    def publish(self, *events):
        """Publishes; all must be taken. Returns what the server said of each."""
        answer = self.request("POST", "/api/v1/events", list(events))
        must(answer.status == 201, f"POST /api/v1/events: {answer.status}", "201")
        return answer.json["data"]["results"]

    def head(self):
        """A cursor at the end of what there is now."""
        return self.get("/api/v1/events", topic=new_name(), after="latest")["cursor"]


def new_name(kind="conformance"):
    """Of a topic or task that nobody else uses."""
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def notes(topic, n, start=0):
    """n events of a topic of its own."""
    return [
        {"id": f"{topic}-{i}", "topic": topic, "event_type": "NOTE", "message": f"note {i}", "data": {"n": i}}
        for i in range(start, start + n)
    ]


def epoch_of(cursor):
    return split(cursor)[0]


def seq_of(cursor):
    return split(cursor)[1]


def split(cursor):
    epoch, dot, seq = str(cursor).partition(".")
    right = dot and seq.isdigit() and len(epoch) == 8 and set(epoch) <= set("0123456789abcdef")
    must(right, f"cursor {cursor!r}", "<8 hex digits>.<number>")
    return epoch, int(seq)


class Deadline:
    def __init__(self, seconds=None):
        self.at = time.monotonic() + (Patience.seconds if seconds is None else seconds)

    @property
    def left_s(self):
        return max(0.0, self.at - time.monotonic())
