"""The playground's part of Lambda: what handlers get, and what their answers become."""

from __future__ import annotations

import base64
import json
from threading import Event

import boto3
import httpx
import pytest

from playground.runtime.event_source import EventSource, Watcher, failed, records
from playground.runtime.function import Function
from playground.runtime.function_url import FunctionUrl, payload, response

PATIENCE = 60


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
    json.dumps(event)


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


@pytest.mark.parametrize(
    ("answer", "given_back"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "z"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{}]}, {"a", "b"}),
    ],
)
def test_a_partial_batch_response_gives_back_what_it_names(answer, given_back):
    assert failed(answer, {"a", "b"}) == given_back


@pytest.mark.usefixtures("bot")
def test_a_message_becomes_a_record_as_lambda_makes_it():
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="another")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    got = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["All"])["Messages"]
    (record,) = records(got, "arn:aws:sqs:eu-central-1:123456789012:another")["Records"]

    assert record["body"] == "hello"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"].keys() >= {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert record["eventSource"] == "aws:sqs"
    assert record["awsRegion"] == "eu-central-1"


@pytest.fixture
def queue():
    """A queue with an event source: (its URL, what its function got, the source)."""
    sqs, sources, got = boto3.client("sqs"), [], []
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    class Recorder:
        def invoke(self, event):
            got.extend(record["body"] for record in event["Records"])
            arrived.set()

    arrived = Event()
    sources.append(EventSource(Recorder(), url, arn))
    yield url, got, arrived, sources[0]
    sources[0].close()
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.usefixtures("bot")
def test_a_delayed_message_comes_when_its_delay_is_over_and_holds_up_no_other(queue):
    url, got, arrived, source = queue
    received = []

    class Noting(Watcher):
        def received(self, message):
            received.append((message["Body"], message["Attributes"]["ApproximateReceiveCount"]))

    source.watchers.append(Noting())
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    sqs.send_message(QueueUrl=url, MessageBody="now")
    assert arrived.wait(PATIENCE)
    arrived.clear()
    assert arrived.wait(PATIENCE)

    assert got == ["now", "later"]
    assert received == [("now", "1"), ("later", "1")]


@pytest.mark.usefixtures("bot")
def test_while_it_is_held_messages_stay_in_the_queue(queue):
    url, got, arrived, source = queue
    with source.held():
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody="waits")
        assert not arrived.wait(0.3)
    assert arrived.wait(PATIENCE)
    assert got == ["waits"]


def test_nothing_is_invoked_while_the_module_is_borrowed(bot):
    with bot.recognizer.borrow() as module:
        assert module.bot().recognizer
        assert bot.recognizer._one_at_a_time.locked()
    with Function("webhook", "eu-central-1", timeout=1, memory=1).borrow() as module:
        assert module is None
