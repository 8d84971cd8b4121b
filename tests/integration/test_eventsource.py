"""A real browser's EventSource with no code of ours: it comes back by itself after the server was killed,
and has seen every event once, in order. Driven over Chromium's debugging protocol."""

import contextlib
import json
import subprocess
import tempfile
import urllib.request

import pytest
from kit import WAIT_S, wait_until
from websockets.sync.client import connect

# All that the page does: note what came.
PAGE = """
window.seen = [];
window.live = new EventSource("/api/v1/stream?topics=system,logs&task_id=t");
for (const name of ["TASK_UPDATED", "TASK_LOG", "subscribed", "reset", "snapshot"])
  live.addEventListener(name, e => seen.push({name, id: e.lastEventId, data: JSON.parse(e.data)}));
"""


class Browser:
    def __init__(self, folder, url):
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
            + ["--no-first-run", "--disable-dev-shm-usage", f"--user-data-dir={folder}", url],
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stderr:
            if "DevTools listening on " in line:
                break
        else:
            raise AssertionError("Chromium does not listen")
        port = line.rsplit(":", 1)[1].split("/")[0]
        page = wait_until(lambda: self.find_page(port, url), "the page")
        self.life = contextlib.ExitStack()
        self.socket = self.life.enter_context(connect(page, max_size=None, open_timeout=WAIT_S))
        self.n = 0
        wait_until(lambda: self.evaluate("location.protocol + document.readyState") == "http:complete", "it is loaded")

    @staticmethod
    def find_page(port, url):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=WAIT_S) as answer:
            targets = json.load(answer)
        return next((t["webSocketDebuggerUrl"] for t in targets if t["url"].startswith(url)), None)

    def evaluate(self, expression):
        self.n += 1
        parameters = {"expression": expression, "returnByValue": True}
        self.socket.send(json.dumps({"id": self.n, "method": "Runtime.evaluate", "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=WAIT_S))
            if answer.get("id") == self.n:
                assert "exceptionDetails" not in answer["result"], answer
                return answer["result"]["result"].get("value")

    def close(self):
        self.life.close()
        self.process.terminate()
        self.process.wait(WAIT_S)
        self.process.stderr.close()


@pytest.fixture
def browser(daemon):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder, f"http://127.0.0.1:{daemon.port}/healthz")
        yield browser
        browser.close()


def test_a_native_eventsource_resumes(daemon, browser):
    browser.evaluate(PAGE)

    def seen(*names):
        return [block for block in browser.evaluate("seen") if block["name"] in names]

    def publish(n):
        """Two events that the page wants, and one that it does not, n times."""
        for _ in range(n):
            cursors = daemon.publish(
                {"event_type": "TASK_UPDATED", "data": {"id": "t"}},
                {"event_type": "TASK_UPDATED", "data": {"id": "other"}},
                {"event_type": "TASK_LOG", "message": "m", "data": {"id": "t"}},
            )
            wanted.extend([cursors[0], cursors[2]])

    wanted = []
    for life in range(3):
        wait_until(lambda n=2 * life + 2: len(seen("subscribed")) >= n, "it is there, or back")
        publish(5)
        daemon.kill()
        daemon.start()
        publish(5)  # before it has come back
    wait_until(lambda: len(seen("TASK_UPDATED", "TASK_LOG")) >= len(wanted), "all events")
    assert [block["id"] for block in seen("TASK_UPDATED", "TASK_LOG")] == wanted
    assert seen("reset", "snapshot") == []
