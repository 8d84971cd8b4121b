"""/openapi.json: it is valid, every path it describes exists and the other way round, every example in
it works, and every answer is as it says. The shell examples of docs/http.md work, too."""

import json
import pathlib
import re
import subprocess
import urllib.parse

import jsonschema
import openapi_spec_validator
import pytest
from eventstream import EventStream

ROOT = pathlib.Path(__file__).parents[2]
SPEC = json.loads((ROOT / "web/openapi.json").read_text())
# What makes things first, what takes them away last: the examples are one story.
ORDER = ["post", "put", "get", "patch", "delete"]


def resolve(node):
    while "$ref" in node:
        for step in node["$ref"].split("/")[1:]:
            node = (SPEC if step == "components" else node)[step]
    return node


def operations():
    """(method, path, operation, parameters) in the order of the story."""
    found = [
        (
            method,
            path,
            item[method],
            [resolve(p) for p in item.get("parameters", []) + item[method].get("parameters", [])],
        )
        for path, item in SPEC["paths"].items()
        for method in ORDER
        if method in item
    ]
    # POST /events makes the task that the others speak of.
    return sorted(found, key=lambda op: (ORDER.index(op[0]), op[2]["operationId"] != "publish"))


def requests_of(method, path, operation, parameters):
    """Every request that the examples of an operation make: (path with query, content type, body)."""
    query = []
    for parameter in parameters:
        value = parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(value, safe=""))
        elif value is not None:
            query.append((parameter["name"], ",".join(value) if isinstance(value, list) else str(value)))
    if query:
        path += "?" + urllib.parse.urlencode(query)
    content = resolve(operation.get("requestBody", {})).get("content", {})
    bodies = [
        (content_type, example["value"])
        for content_type, media in content.items()
        for example in media.get("examples", {}).values()
    ]
    return [(path, *body) for body in bodies] or [(path, None, None)]


def check_against_schema(schema, value):
    schema = {**schema, "components": SPEC["components"]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(value)]
    assert not faults, faults


def check_answer(operation, answer):
    described = operation["responses"].get(str(answer.status))
    assert described, (answer.status, answer.body)
    described = resolve(described)
    content_type = answer.headers["Content-Type"].split(";")[0]
    assert content_type in described["content"], content_type
    for name, header in described.get("headers", {}).items():
        if "With" not in header.get("description", ""):
            assert name in answer.headers, name
    if content_type.endswith("json"):
        check_against_schema(described["content"][content_type]["schema"], answer.json)


def test_the_description_is_valid():
    openapi_spec_validator.validate(SPEC)


def test_every_example_works(daemon):
    n = 0
    for method, path, operation, parameters in operations():
        for target, content_type, body in requests_of(method, path, operation, parameters):
            if body is not None:
                described = resolve(operation["requestBody"])["content"][content_type]
                check_against_schema(described["schema"], body)
                body = json.dumps(body)
            headers = {"Content-Type": content_type} if content_type else {}
            if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
                with EventStream(daemon, target) as stream:
                    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
                    stream.subscribed()
                n += 1
                continue
            answer = daemon.request(method.upper(), target, body, headers)
            assert answer.status < 300, (method, target, body, answer.body)
            check_answer(operation, answer)
            n += 1
    assert n >= len(operations()) > 15


def test_lists_have_rows_to_describe(daemon):
    """The examples above may find nothing; here there is something of everything."""
    daemon.post("/api/v1/tasks", {"id": "t", "title": "x", "total_units": 3, "error": {"type": "E"}})
    daemon.publish({"event_type": "TASK_LOG", "message": "line", "data": {"id": "t"}})
    daemon.publish({"event_type": "TASK_FAILED", "data": {"id": "t", "error": {"type": "E", "message": "m"}}})
    for path in ("/api/v1/tasks", "/api/v1/tasks/{id}", "/api/v1/tasks/{id}/events", "/api/v1/tasks/{id}/logs"):
        answer = daemon.get(path.replace("{id}", "t"))
        check_answer(SPEC["paths"][path]["get"], answer)
        data = answer.json["data"]
        assert data.get("items", data.get("events", [data])), answer.body


@pytest.mark.parametrize(
    "method, path, body, where",
    [
        ("get", "/api/v1/tasks/none", None, "/api/v1/tasks/{id}"),
        ("get", "/api/v1/tasks?limit=x", None, "/api/v1/tasks"),
        ("post", "/api/v1/tasks", [], "/api/v1/tasks"),
        ("post", "/api/v1/events", [{}], "/api/v1/events"),
        ("post", "/api/v1/events", [{"event_type": "X", "topic": "t"}, {}], "/api/v1/events"),
    ],
)
def test_errors_are_as_described(daemon, method, path, body, where):
    check_answer(SPEC["paths"][where][method], daemon.request(method.upper(), path, body))


def test_every_route_is_described():
    """web/routes.c and the description name the same methods and paths; those of files and pages apart."""
    text = (ROOT / "web/routes.c").read_text().replace('API "', '"/api/v1')
    routes = re.findall(r'\{BW_HTTP_([A-Z]+),\s*"([^"]+)",\s*(\w+)', text)
    served = {(method.lower(), path) for method, path, handler in routes if not handler.startswith("bw_asset_")}
    described = {(method, path) for method, path, _, _ in operations()} - {("get", "/openapi.json")}
    assert served == described


def test_the_served_description_is_this_one(daemon):
    answer = daemon.get("/openapi.json")
    assert answer.json == SPEC
    again = daemon.request("GET", "/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_examples_of_the_manual_work(daemon):
    """Each ```sh block of docs/http.md, one after the other."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/http.md").read_text(), re.S)
    assert len(blocks) >= 5
    script = "set -eu\ncurl() { command curl --fail-with-body --silent --show-error --max-time 60 \"$@\"; echo; }\n"
    script += "\n".join(blocks).replace("127.0.0.1:8080", f"127.0.0.1:{daemon.port}")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
