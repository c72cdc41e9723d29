"""The playground's part of Lambda: what handlers get, and what their answers become."""

from __future__ import annotations

import base64
import json
import re

import httpx
import pytest

from playground.runtime.context import trace_header
from playground.runtime.function import Function
from playground.runtime.function_url import FunctionUrl, payload, response


class Handler:
    """A function that answers what it is told."""

    name = "told"

    def __init__(self, answer):
        self.answer, self.event = answer, None

    def invoke(self, event):
        self.event = event
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def serve():
    urls = []

    def start(answer):
        handler = Handler(answer)
        urls.append(FunctionUrl(handler))
        return handler, urls[-1].url

    yield start
    for url in urls:
        url.close()


def test_a_request_becomes_an_event_of_payload_format_2(serve):
    handler, url = serve({"statusCode": 204})
    httpx.post(f"{url}hook/é?bot=a_bot&x=1&x=2", json={"smile": "🙂"}, headers={"X-Some-Header": "Value"})

    event = handler.event
    assert event["version"] == "2.0"
    assert event["headers"]["x-some-header"] == "Value"
    assert json.loads(event["body"]) == {"smile": "🙂"}
    assert event["isBase64Encoded"] is False
    assert event["rawQueryString"] == "bot=a_bot&x=1&x=2"
    assert event["queryStringParameters"] == {"bot": "a_bot", "x": "1,2"}
    assert event["requestContext"]["http"]["method"] == "POST"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", event["headers"]["x-amzn-trace-id"])
    json.dumps(event)


TRACE = "1-6b0f4a10-000000000000000000000001"
PARENT = "1111111111111111"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {"x-amzn-trace-id": f"Root={TRACE};Parent={PARENT};Sampled=1"},
            f"Root={TRACE};Parent={PARENT};Sampled=1",
        ),
        ({"x-amzn-trace-id": f"Root={TRACE}"}, f"Root={TRACE};Parent=[0-9a-f]{{16}};Sampled=0"),
        ({"x-amzn-trace-id": "nonsense"}, "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"),
        ({}, "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"),
        (None, "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"),
    ],
)
def test_a_callers_trace_goes_on_and_others_are_new_and_not_sampled(headers, expected):
    event = {} if headers is None else {"headers": headers}
    assert re.fullmatch(expected, trace_header(event))


def test_a_binary_body_is_base64():
    event = payload(b"\xff\xd8", {"Content-Type": "image/jpeg"})

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\xff\xd8"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"statusCode": 403}, (403, b"")),
        ({"statusCode": 201, "body": "da"}, (201, b"da")),
        ({"statusCode": 200, "body": "/9g=", "isBase64Encoded": True}, (200, b"\xff\xd8")),
        ({"any": "thing"}, (200, b'{"any": "thing"}')),
        ("words", (200, b"words")),
    ],
)
def test_an_answer_becomes_http(serve, answer, expected):
    _, url = serve(answer)
    got = httpx.get(url)

    assert (got.status_code, got.content) == expected
    assert response(answer)[::2] == expected


def test_a_handler_that_raises_is_a_bad_gateway_and_tells_nobody_why(serve):
    _, url = serve(ValueError("a secret"))
    got = httpx.get(url)

    assert got.status_code == 502
    assert "secret" not in got.text


def test_a_payload_over_6_mb_does_not_reach_the_handler(serve):
    handler, url = serve({})

    assert httpx.post(url, content=bytes(6 * 2**20 + 1)).status_code == 413
    assert handler.event is None


def test_nothing_is_invoked_while_the_module_is_borrowed(bot):
    with bot.recognizer.borrow() as module:
        assert module.bot().recognizer
        assert bot.recognizer._one_at_a_time.locked()
    with Function("webhook", "eu-central-1", timeout=1, memory=1).borrow() as module:
        assert module is None
