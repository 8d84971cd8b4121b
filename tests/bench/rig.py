"""What the rows of the benchmark are built from: the servers measured, and the programs that load them."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from statistics import median

sys.path.append(str(pathlib.Path(__file__).parents[1]))  # what not only the benchmarks use
from waiting import free_port, wait_until  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BELLWIRE_BUILD", "build/release")).resolve()
TOOLS = BUILD / "tests/bench"
FIRST_N = 1000000000  # as in frames.h
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and its children, so that a server with workers is measured whole."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in family(int(child)))]


def cpu_s(pid):
    total = 0
    for p in family(pid):
        fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def threads_cpu_s(pid, *names):
    """Of the threads with these names."""
    total = 0
    for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        head, _, tail = stat.read_text().rpartition(")")
        if head.split("(", 1)[1].startswith(names):
            fields = tail.split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def memory_bytes(pid):
    """Proportional set size: pages that are shared count once."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"no Pss of {pid}")


class Server:
    """A process with a folder of its own, both gone after the with block."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bellwire-bench-"))
        self.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def cpu_s(self):
        return cpu_s(self.process.pid)

    def settle(self, clients):
        """Returns when the next event goes to that many clients. They asked and were answered, unless
        the server's protocol has no answer."""


class Bellwired(Server):
    path, subscribe = "/ws/realtime", '{"type":"subscribe","topic":"bench"}'

    def __init__(self, *arguments, data=None):
        self.arguments = arguments
        self.data = data

    def start(self):
        self.port = free_port()
        data = self.data or self.folder / "var"
        self.bus = f"ipc://{self.folder}/bus"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [BUILD / "bellwired", "--data", data, "--bus", self.bus]
            + ["--http", f"127.0.0.1:{self.port}", "--log-level", "warn"]
            + ["--connections-per-address", "1000000", *self.arguments]
        )
        wait_until(self.is_ready, "bellwired's /readyz", pause_s=0.002)
        self.ready_s = time.monotonic() - self.started

    def is_ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/readyz")[0] == 200

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def emit(self, events, rate):
        return Publisher(self.bus, "bench", events, rate)

    def leave_behind(self, events):
        """So many events happen while nobody is there; the seq of the last one."""
        self.emit(events, 0).report()
        return self.head()

    def head(self):
        return json.loads(self.get("/api/v1/stats")[1])["data"]["topics"]["bench"]["head"]


class BellwiredSse(Bellwired):
    path, subscribe = "/api/v1/stream?topics=bench", "sse-greeted"


class Floor(Server):
    path, subscribe = "/", None

    def __init__(self, frame, threads=1):
        self.frame, self.threads, self.seq = frame, threads, FIRST_N

    def start(self):
        file = self.folder / "frame.json"
        file.write_bytes(self.frame)
        self.process = subprocess.Popen(
            [TOOLS / "floor", file, str(self.threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline().split()[1])

    def emit(self, events, rate):
        self.tell(f"go {events} {rate}")
        return None

    def leave_behind(self, events):
        self.tell(f"back {events}")
        self.seq += events
        return self.seq

    def head(self):
        return self.seq

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()


class NngEcho(Server):
    """nng's REP socket that acknowledges whatever it is asked, and does nothing else."""

    def start(self):
        self.bus = f"ipc://{self.folder}/bus"
        self.process = subprocess.Popen(
            [TOOLS / "nng_echo", self.bus], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self.process.stdout.readline() != "listening\n":
            raise SystemExit("the echo does not listen")


class Nchan(Server):
    """nginx with Debian's Nchan module: the same watchers on its WebSocket."""

    path, subscribe = "/sub", None
    AHEAD = 32

    def __init__(self, frame):
        self.frame = frame

    def start(self):
        self.port = free_port()
        (self.folder / "nginx.conf").write_text(f"""
            load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
            worker_processes 2; worker_rlimit_nofile 20000; daemon off; user root;
            pid {self.folder}/pid; error_log {self.folder}/error.log;
            events {{ worker_connections 19000; }}
            http {{
              access_log off; client_body_temp_path {self.folder}; nchan_shared_memory_size 256M;
              server {{
                listen 127.0.0.1:{self.port} reuseport backlog=4096; keepalive_requests 1000000;
                location /sub {{ nchan_subscriber websocket; nchan_channel_id bench;
                                 nchan_subscriber_first_message newest; }}
                location /sse {{ nchan_subscriber eventsource; nchan_channel_id bench;
                                 nchan_subscriber_first_message newest; }}
                location /poll {{ nchan_subscriber longpoll; nchan_channel_id bench;
                                  nchan_subscriber_first_message newest; }}
                location /status {{ nchan_stub_status; }}
                location /pub {{ nchan_publisher; nchan_channel_id bench;
                                 nchan_message_buffer_length 100000; nchan_message_timeout 5m; }}
              }}
            }}""")
        self.process = subprocess.Popen(
            ["nginx", "-c", self.folder / "nginx.conf", "-p", self.folder, "-e", "stderr"]
        )
        wait_until(self.is_listening, "nginx")

    def is_listening(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True

    def settle(self, clients):
        wait_until(lambda: self.has_settled(clients), f"Nchan to know its {clients} subscribers")

    def has_settled(self, clients):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request("GET", "/status")
            lines = connection.getresponse().read().decode().splitlines()
        return f"subscribers: {clients}" in lines and "interprocess alerts in transit: 0" in lines

    def emit(self, events, rate):
        """Posts on one connection, not waiting for answers until AHEAD of them are due."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream, start = s.makefile("rb"), time.time()
            for n in range(events):
                if rate:
                    time.sleep(max(0, start + n / rate - time.time()))
                body = self.frame.replace(b'"n":%d' % FIRST_N, b'"n":%d' % (FIRST_N + n))
                at = body.index(b'"t":') + 4
                body = body[:at] + b"%d" % int(time.time() * 1e6) + body[at + 16 :]
                s.sendall(b"POST /pub HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                if n >= self.AHEAD:
                    self.read_answer(stream)
            for _ in range(min(events, self.AHEAD)):
                self.read_answer(stream)
        return None

    @staticmethod
    def read_answer(stream):
        length, status = 0, stream.readline()
        if not status.startswith((b"HTTP/1.1 201", b"HTTP/1.1 202")):
            raise SystemExit(f"Nchan did not take an event: {status}")
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        stream.read(length)


class NchanSse(Nchan):
    path, subscribe = "/sse", "sse"


class Watchers:
    """The load generator, connected and subscribed when the constructor returns."""

    def __init__(self, server, clients, events, seconds=120, stuck=0, subscribe=None):
        subscribe = subscribe or server.subscribe
        command = [TOOLS / "watchers", str(server.port), server.path, str(clients + stuck), str(stuck)]
        command += [str(events), str(seconds)] + ([subscribe] if subscribe else [])
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("the watchers could not connect")

    def report(self):
        result = json.loads(self.process.stdout.readline())
        self.process.wait()
        return result


class Storm:
    """Clients that all come back at once, connected and following when the constructor returns."""

    def __init__(self, server, clients):
        command = [TOOLS / "storm", str(server.port), server.path, str(clients), "bench"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("the storm's clients could not connect")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Publisher:
    def __init__(self, bus, topic, events, rate, tasks=0, in_flight=0):
        command = [TOOLS / "publisher", bus, topic, str(events), str(rate), str(tasks), str(in_flight)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def report(self):
        out, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise SystemExit(f"the publisher failed: {out}")
        return json.loads(out)


def mid(reports, key):
    return median(report[key] for report in reports)


def requests(server, in_flight, seconds):
    """Single events, each in a request of its own; the rate, and the CPU per event at both ends."""
    before = server.cpu_s()
    command = [TOOLS / "bench_ingest", server.bus, str(in_flight), "1", str(seconds)]
    line = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    report = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", line)}
    report["server_us"] = (server.cpu_s() - before) * 1e6 / report["acked"]
    return report
