"""The WAL stays bounded while events keep coming and readers keep reading."""

import threading

from kit import Bus

MIB = 1 << 20
WAL_MAX = 256 * MIB  # the writer waits at 192 MiB, and a commit may come on top
BATCH = [{"event_type": "TASK_LOG", "data": {"id": f"t{n % 7}", "text": "x" * 100_000}} for n in range(40)]
BATCHES = 110  # 440 MB: well beyond the bound, were nothing moved out of the WAL


def read_on(daemon, stop, failures):
    """Pages of events from the oldest on, again and again."""
    with Bus(daemon) as bus:
        after = "oldest"
        while not stop.is_set():
            page = bus.call("events", topics=["logs"], after=after, limit=1000)
            if not page["ok"] or "reset" in page:
                failures.append(page)
                return
            after = f"{page['epoch']:08x}.{page['next']}" if page["more"] else "oldest"


def test_the_wal_stays_bounded(daemon):
    wal = daemon.data / "journal.db-wal"
    stop, failures, largest = threading.Event(), [], 0
    readers = [threading.Thread(target=read_on, args=(daemon, stop, failures)) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        with Bus(daemon) as bus:
            for _ in range(BATCHES):
                bus.publish(*BATCH)
                largest = max(largest, wal.stat().st_size)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not failures, failures[0]
    assert largest < WAL_MAX, f"{largest // MIB} MiB of WAL"
    assert (daemon.data / "journal.db").stat().st_size > 200 * MIB
