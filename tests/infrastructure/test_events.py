"""The sample events: at least one for each function, in the shape that AWS sends."""

import json

import pytest

KINDS = {
    "webhook": lambda event: event.get("version") == "2.0" and "http" in event["requestContext"],
    "recognizer": lambda event: all(
        each["eventSource"] == "aws:sqs" for each in event.get("Records", [{"eventSource": ""}])
    ),
    "registrar": lambda event: (
        event.get("RequestType") in {"Create", "Update", "Delete"} and "ResponseURL" in event
    ),
}


@pytest.fixture(scope="module")
def events(root):
    return {path.name: json.loads(path.read_text()) for path in sorted((root / "events").rglob("*.json"))}


@pytest.mark.parametrize("function", KINDS)
def test_there_is_an_event_for(events, function):
    assert [name for name, event in events.items() if KINDS[function](event)]


def test_every_event_is_of_one_kind(events):
    for name, event in events.items():
        assert sum(is_kind(event) for is_kind in KINDS.values()) == 1, name
