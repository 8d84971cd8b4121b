"""What one task says, read back alone and in pages."""


def test_a_long_log_is_read_whole(daemon, bus):
    lines = [
        {"event_type": "TASK_LOG", "data": {"id": f"t{n % 2}", "level": "info", "n": n}}
        for n in range(500)
    ]
    bus.publish(*lines)
    page = bus.call("logs", task_id="t1", limit=1000)
    assert [e["data"]["n"] for e in page["events"]] == list(range(1, 500, 2))

    read, after = [], "oldest"
    while True:
        page = bus.call("logs", task_id="t1", limit=7, after=after)
        read += [e["data"]["n"] for e in page["events"]]
        if not page["more"]:
            break
        after = f"{page['epoch']:08x}.{page['next']}"
    assert read == list(range(1, 500, 2))
