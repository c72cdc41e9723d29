"""The playground's event source mapping, as Lambda's: batches, attempts, partial failures, many pollers."""

from __future__ import annotations

import json
from collections import Counter
from threading import Barrier, Event, Semaphore

import boto3
import pytest
from botocore.exceptions import ClientError

from playground.runtime.event_source import EventSource, Watcher, failed, records

pytestmark = pytest.mark.usefixtures("bot")

PATIENCE = 60


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


class Queues:
    """A queue with a dead-letter queue, and a function that sees each message twice at most."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.dead = self.sqs.create_queue(QueueName="events-dead")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": 2}
        self.url = self.sqs.create_queue(
            QueueName="events",
            Attributes={"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]
        self.sources: list[EventSource] = []

    def arn(self, url: str) -> str:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]

    def send(self, *bodies: str, delay: int = 0) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay)

    def serve(self, handler, **options) -> EventSource:
        class Told:
            def invoke(self, event):
                return handler(event["Records"])

        self.sources.append(EventSource(Told(), self.url, self.arn(self.url), **options))
        return self.sources[-1]

    def letters(self) -> list[str]:
        got = self.sqs.receive_message(QueueUrl=self.dead, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        return [message["Body"] for message in got.get("Messages", [])]

    def close(self) -> None:
        for source in self.sources:
            source.close()
        for url in (self.url, self.dead):
            self.sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def queue():
    queue = Queues()
    yield queue
    queue.close()


def attempt(record) -> tuple[str, int]:
    return record["body"], int(record["attributes"]["ApproximateReceiveCount"])


def test_a_message_becomes_a_record_as_lambda_makes_it(queue):
    queue.send("hello")
    got = queue.sqs.receive_message(QueueUrl=queue.url, MessageSystemAttributeNames=["All"])["Messages"]
    (record,) = records(got, "arn:aws:sqs:eu-central-1:123456789012:another")["Records"]

    assert record["body"] == "hello"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"].keys() >= {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert record["eventSource"] == "aws:sqs"
    assert record["awsRegion"] == "eu-central-1"


@pytest.mark.parametrize(
    ("options", "trace"),
    [
        ({}, "Root=of-the-call"),
        (
            {
                "MessageSystemAttributes": {
                    "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=of-the-message"}
                }
            },
            "Root=of-the-message",
        ),
    ],
    ids=["call", "message"],
)
def test_a_message_takes_the_trace_along_that_it_is_sent_in(queue, options, trace):
    def add(params, **_):
        params["headers"]["X-Amzn-Trace-Id"] = "Root=of-the-call"

    queue.sqs.meta.events.register("before-call.sqs.SendMessage", add)
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="hello", **options)
    got = queue.sqs.receive_message(QueueUrl=queue.url, MessageSystemAttributeNames=["All"])["Messages"]
    (record,) = records(got, "arn:aws:sqs:eu-central-1:123456789012:another")["Records"]
    assert record["attributes"]["AWSTraceHeader"] == trace


def test_a_delayed_message_comes_when_its_delay_is_over_and_holds_up_no_other(queue):
    got, arrived, received = [], Semaphore(0), []

    class Noting(Watcher):
        def received(self, message):
            received.append((message["Body"], message["Attributes"]["ApproximateReceiveCount"]))

    def handler(batch):
        got.extend(record["body"] for record in batch)
        arrived.release()

    queue.serve(handler).watchers.append(Noting())
    queue.send("later", delay=1)
    queue.send("now")
    for _ in range(2):
        assert arrived.acquire(timeout=PATIENCE)

    assert got == ["now", "later"]
    assert received == [("now", "1"), ("later", "1")]


def test_while_it_is_held_messages_stay_in_the_queue(queue):
    arrived = Event()
    source = queue.serve(lambda _: arrived.set(), concurrency=2)
    with source.held():
        queue.send("waits")
        assert not arrived.wait(0.3)
    assert arrived.wait(PATIENCE)


def test_a_batch_is_what_one_receive_returns(queue):
    queue.send(*"abc")
    batches, done = [], Event()

    def handler(batch):
        batches.append([record["body"] for record in batch])
        if sum(map(len, batches)) == 3:
            done.set()

    queue.serve(handler, batch_size=2)

    assert done.wait(PATIENCE)
    assert batches == [["a", "b"], ["c"]]


def test_only_what_failed_comes_back_and_after_the_last_attempt_it_is_set_aside(queue):
    queue.send("good", "bad")
    attempts = []

    def handler(batch):
        attempts.extend(map(attempt, batch))
        bad = [record["messageId"] for record in batch if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in bad]}

    queue.serve(handler, batch_size=2)

    assert queue.letters() == ["bad"]
    assert attempts == [("good", 1), ("bad", 1), ("bad", 2)]


def test_an_invocation_that_is_killed_brings_its_whole_batch_back(queue):
    queue.send("one", "two")
    attempts, done = [], Event()

    def handler(batch):
        attempts.append(sorted(map(attempt, batch)))
        if len(attempts) == 1:
            raise RuntimeError("Runtime.ExitError")
        done.set()

    source = queue.serve(handler, batch_size=2)

    assert done.wait(PATIENCE)
    source.idle.wait()
    assert attempts == [[("one", 1), ("two", 1)], [("one", 2), ("two", 2)]]


def test_several_batches_are_worked_off_at_one_time(queue):
    queue.send(*"abc")
    together, met = Barrier(3), Semaphore(0)

    def handler(_):
        together.wait(PATIENCE)
        met.release()

    queue.serve(handler, concurrency=3)

    for _ in range(3):
        assert met.acquire(timeout=PATIENCE)


def test_while_all_are_busy_nothing_is_received_and_loses_an_attempt(queue):
    queue.send("first", "second")
    came, free, attempts = Semaphore(0), Event(), Counter()

    def handler(batch):
        attempts.update(map(attempt, batch))
        came.release()
        free.wait(PATIENCE)

    queue.serve(handler, concurrency=1)
    assert came.acquire(timeout=PATIENCE)
    (waiting,) = (
        message
        for message in queue.sqs.receive_message(
            QueueUrl=queue.url, VisibilityTimeout=0, MessageSystemAttributeNames=["All"]
        )["Messages"]
        if message["Body"] == "second"
    )
    assert waiting["Attributes"]["ApproximateReceiveCount"] == "1"  # this very look
    free.set()
    assert came.acquire(timeout=PATIENCE)

    assert attempts == {("first", 1): 1, ("second", 2): 1}


def test_a_queue_that_is_out_of_reach_is_asked_again(queue, bot):
    arrived = Event()
    queue.serve(lambda _: arrived.set())
    with bot.aws.unreachable("sqs", "failing"), pytest.raises(ClientError):
        queue.send("lost on the way")
    queue.send("hello")

    assert arrived.wait(PATIENCE)


def test_it_is_idle_only_while_nothing_runs(queue):
    queue.send("a", "b")
    came, free = Semaphore(0), Semaphore(0)

    def handler(_):
        came.release()
        free.acquire(timeout=PATIENCE)

    source = queue.serve(handler, concurrency=2)
    for _ in range(2):
        assert came.acquire(timeout=PATIENCE)
    assert not source.idle.is_set()
    free.release(2)
    assert source.idle.wait(PATIENCE)
