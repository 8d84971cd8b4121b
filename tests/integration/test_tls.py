"""tls+tcp://: both sides show a certificate that the other's authority has signed, or nothing goes."""

import json
import os
import subprocess

import pytest
from kit import BUILD, Daemon, wait_until
from waiting import free_port


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder, name):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", "-x509", *key, "-subj", f"/CN={name}", "-days", "2", "-keyout", f"{name}.key",
            "-out", f"{name}.pem")  # fmt: skip


def make_certificate(folder, name, authority, host="localhost"):
    """For a host by its name, or by its address as if that were one: mbedTLS looks at names only."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
    signed_by = ["-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial"]
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signed_by, "-days", "2", "-extfile", f"{name}.ext",
            "-out", f"{name}.pem")  # fmt: skip


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    make_authority(folder, "house")
    make_authority(folder, "stranger")
    make_certificate(folder, "bus", "house", host="127.0.0.1")
    make_certificate(folder, "producer", "house")
    make_certificate(folder, "intruder", "stranger")
    return folder


def settings(pki, name, authority="house"):
    return {
        "BELLWIRE_BUS_CERT": str(pki / f"{name}.pem"),
        "BELLWIRE_BUS_KEY": str(pki / f"{name}.key"),
        "BELLWIRE_BUS_CA": str(pki / f"{authority}.pem"),
    }


@pytest.fixture
def secure(daemons, pki):
    """A daemon that others reach by TLS only, and the URL for that."""
    daemon = daemons(environment=settings(pki, "bus"))
    daemon.url = f"tls+tcp://127.0.0.1:{free_port(in_a_row=3)}"
    daemon.bus = f"{daemon.bus},{daemon.url}"
    return daemon.start()


def bellwire(daemon, *arguments, environment, url=None):
    return subprocess.run(
        [BUILD / "bellwire", "--bus", url or daemon.url, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_a_producer_and_a_watcher(secure, pki):
    known = settings(pki, "producer")
    lines = "".join(
        json.dumps({"event_type": "TASK_UPDATED", "data": {"id": f"t{i}", "step": "x" * 500}}) + "\n"
        for i in range(3000)
    )
    emitted = subprocess.run(
        [BUILD / "bellwire", "--bus", secure.url, "emit", "-"],
        input=lines,
        capture_output=True,
        text=True,
        env={**os.environ, **known},
    )
    assert emitted.returncode == 0, emitted.stderr
    assert "3000 accepted" in emitted.stderr
    tail = subprocess.Popen(
        [BUILD / "bellwire", "--bus", secure.url, "tail", "--topic", "system", "--json", "--after", "oldest"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **known},
    )
    try:
        seen = [json.loads(tail.stdout.readline())["data"]["id"] for _ in range(3000)]
        assert seen == [f"t{i}" for i in range(3000)]
        assert bellwire(secure, "emit", "TASK_COMPLETED", "id=t7", environment=known).returncode == 0
        assert json.loads(tail.stdout.readline())["data"]["status"] == "completed"  # published, not fetched
    finally:
        tail.terminate()
        tail.wait()


def test_two_processes(secure, pki, tmp_path):
    web = Daemon(tmp_path / "web", "--only", "web", environment=settings(pki, "producer"))
    web.bus = secure.url
    try:
        web.start()
        web.publish({"event_type": "TASK_CREATED", "data": {"id": "far", "title": "Over TLS"}})
        assert web.get("/api/v1/tasks/far").json["data"]["title"] == "Over TLS"
        with web.watch() as page:
            page.subscribe("system", after="oldest")
            secure.publish({"event_type": "TASK_UPDATED", "data": {"id": "far", "progress": 5}})
            assert [frame["data"]["progress"] for frame in page.events(2)] == [0, 5]
    finally:
        web.end()


def test_strangers_stay_outside(secure, pki):
    cases = {
        "its certificate is signed by somebody else": settings(pki, "intruder"),
        "it does not believe the bus": settings(pki, "producer", authority="stranger"),
    }
    for case, environment in cases.items():
        done = bellwire(secure, "--timeout-s", "2", "ls", environment=environment)
        assert done.returncode != 0 and "no bus answers" in done.stderr, (case, done.stderr)
    plain = secure.url.replace("tls+tcp", "tcp")
    done = bellwire(secure, "--timeout-s", "2", "ls", environment={}, url=plain)
    assert done.returncode != 0
    wrong_name = secure.url.replace("127.0.0.1", "localhost")  # the certificate is for the other one
    done = bellwire(secure, "--timeout-s", "2", "ls", environment=settings(pki, "producer"), url=wrong_name)
    assert done.returncode != 0
    assert bellwire(secure, "ls", environment=settings(pki, "producer")).returncode == 0


def test_what_is_missing_is_named(daemons, secure, pki, tmp_path):
    cases = [
        ({}, "bus-cert"),
        ({**settings(pki, "bus"), "BELLWIRE_BUS_KEY": ""}, "bus-key"),
        ({**settings(pki, "bus"), "BELLWIRE_BUS_CA": str(tmp_path / "none.pem")}, "bus-ca"),
        ({**settings(pki, "bus"), "BELLWIRE_BUS_KEY": str(pki / "producer.csr")}, "bus-cert"),
    ]
    for environment, setting in cases:
        other = Daemon(tmp_path / "other", "--only", "bus", environment=environment)
        other.bus = f"tls+tcp://127.0.0.1:{free_port(in_a_row=3)}"
        other.start(wait=False)
        assert other.process.wait(60) != 0
        assert f"bellwired: {setting}: " in other.last_lines(1), other.last_lines()
    done = bellwire(secure, "ls", environment={})
    assert done.returncode != 0 and "BELLWIRE_BUS_CERT" in done.stderr
    wait_until(lambda: bellwire(secure, "ls", environment=settings(pki, "producer")).returncode == 0, "the bus")
