"""Bellwire as its users see it: the daemon as a process, and the three ways of talking to it."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.parse

import msgpack
import pynng
from websockets.sync.client import connect

sys.path.append(str(pathlib.Path(__file__).parents[1]))  # what not only these tests use
from waiting import free_port, wait_until  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BELLWIRE_BUILD", "build/release")).resolve()
IS_SANITIZED = BUILD.name in ("asan", "tsan")
SANITIZER_BYTES = 1 << 30 if IS_SANITIZED else 0  # what a program has more: shadows, and what was freed is kept
WAIT_S = 60  # how long a condition may take before a test gives up; no test depends on it


class Answer:
    """A finished HTTP answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Daemon:
    """One bellwired with its own data directory and port; both survive its restarts."""

    def __init__(self, folder, *arguments, environment=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "var"
        self.data.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.bus = f"ipc://{self.data}/bus"
        self.arguments = [str(a) for a in arguments]
        self.environment = environment or {}
        self.log = self.folder / "bellwired.log"
        self.process = None

    # --- life -----------------------------------------------------------------------------------
    def start(self, wait=True):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BUILD / "bellwired", "--data", self.data, "--bus", self.bus]
                + ["--http", f"127.0.0.1:{self.port}", *self.arguments],
                stderr=log,
                env={**os.environ, **self.environment},
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        wait_until(self.is_ready, f"/readyz of {self}")

    def is_ready(self):
        assert self.process.poll() is None, f"bellwired ended by itself:\n{self.last_lines()}"
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/readyz").status == 200
        return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """As an operator does. Returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def end(self):
        """After a test: a daemon that a sanitizer ended, or that cannot stop, fails it."""
        if self.process is None or self.process.poll() is not None:
            return
        status = self.stop()
        assert status == 0, f"bellwired ended with {status}:\n{self.last_lines()}"

    def last_lines(self, n=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-n:])

    def verify(self):
        """Whether the task table equals a rebuild from the events; fails saying where it does not."""
        done = subprocess.run(
            [BUILD / "bellwired", "--verify", "--data", self.data], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def __str__(self):
        return f"bellwired on port {self.port}"

    # --- HTTP -----------------------------------------------------------------------------------
    def request(self, method, path, body=None, headers=None):
        """One request on its own connection. A dict or list goes as JSON."""
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.request("GET", path)

    def post(self, path, body, **headers):
        return self.request("POST", path, body, headers)

    def publish(self, *events):
        """Publishes by REST; all must be accepted. Returns their cursors."""
        answer = self.post("/api/v1/events", list(events))
        assert answer.status == 201, answer.body
        return [result["cursor"] for result in answer.json["data"]["results"]]

    # --- WebSocket ------------------------------------------------------------------------------
    def watch(self, **options):
        return Watcher(self, **options)

    # --- bellwire ------------------------------------------------------------------------------
    def cli(self, *arguments, **options):
        return subprocess.run(
            [BUILD / "bellwire", "--bus", self.bus, *arguments],
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            **options,
        )


class Watcher:
    """A page: a WebSocket on /ws/realtime that reads JSON frames."""

    def __init__(self, daemon, **options):
        options.setdefault("max_size", None)
        options.setdefault("compression", None)
        options.setdefault("ping_interval", None)  # a test that waits is not a dead peer
        self.life = contextlib.ExitStack()
        url = f"ws://127.0.0.1:{daemon.port}/ws/realtime"
        self.socket = self.life.enter_context(connect(url, open_timeout=WAIT_S, **options))
        self.connected = self.next("connected")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.life.close()

    def send(self, **message):
        self.socket.send(json.dumps(message))

    def receive(self, timeout_s=WAIT_S):
        return json.loads(self.socket.recv(timeout=timeout_s))

    def next(self, *types, timeout_s=WAIT_S):
        """The next frame, which must be of one of these types."""
        frame = self.receive(timeout_s)
        assert frame["type"] in types, frame
        return frame

    def subscribe(self, topic, **more):
        self.send(type="subscribe", topic=topic, **more)
        return self.next("subscribed")

    def events(self, n, timeout_s=WAIT_S):
        return [self.next("event", timeout_s=timeout_s) for _ in range(n)]


class Bus:
    """Requests to the bus itself, in msgpack over nng: what libbellwire does, without its care."""

    def __init__(self, daemon, timeout_s=WAIT_S):
        self.socket = pynng.Req0(
            dial=daemon.bus + ".req",
            block_on_dial=False,
            send_timeout=int(timeout_s * 1000),
            recv_timeout=int(timeout_s * 1000),
            resend_time=-1,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self, request):
        self.socket.send(request)
        return msgpack.unpackb(self.socket.recv(), strict_map_key=False)

    def call(self, op, **members):
        return self.raw(msgpack.packb({"v": 1, "op": op, **members}))

    def publish(self, *events):
        answer = self.call("publish", events=list(events))
        assert answer["ok"], answer
        return answer["results"]

    def all_events(self, topic, after="oldest"):
        """Every event of a topic that the journal has, in order."""
        events = []
        while True:
            page = self.call("events", topics=[topic], after=after, limit=1000)
            assert page["ok"] and "reset" not in page, page
            events += page["events"]
            if not page["more"]:
                return events
            after = f"{page['epoch']:08x}.{page['next']}"
