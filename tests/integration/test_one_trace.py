"""From update to answer in one trace: the functions as processes, as in Lambda, and what they tell X-Ray."""

from __future__ import annotations

import json
from itertools import count

import boto3
import pytest

from emotion_bot.chat.constants import SECRET_HEADER
from playground.aws import REGION
from playground.runtime.context import new_trace
from playground.runtime.environments import Environments
from playground.runtime.event_source import records
from playground.runtime.function_url import payload
from playground.telegram.observer import Observer
from tests.xray import Daemon, path

LAMBDA = "1111111111111111"
"""The segment of the webhook's invocation, which Lambda tells by itself."""
NAME = "Zaphod Beeblebrox"
"""Nothing random reads like it; the emulator's "You" stands in one of some hundred sets of request ids."""
ids = count(10**9)


@pytest.fixture(scope="module")
def daemon():
    daemon = Daemon()
    yield daemon
    daemon.close()


@pytest.fixture(scope="module")
def functions(stage, daemon):
    """Webhook and recognizer as Lambda starts them, with tracing."""
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("LAMBDA_TASK_ROOT", "/var/task")  # the SDK knows Lambda by it
        variables.setenv("POWERTOOLS_TRACE_DISABLED", "false")
        variables.setenv("AWS_XRAY_DAEMON_ADDRESS", daemon.address)
        made = [
            Environments(name, REGION, timeout=60, memory=1769, at_most=1)
            for name in ("webhook", "recognizer")
        ]
        for function in made:
            function.start()
        yield made
        for function in made:
            function.stop()


@pytest.fixture
def update(telegram, bot, person, photos, wait):
    """A photo's, which has its answer already; another number makes it another update."""

    class Seen(Observer):
        def update_waits(self, update):
            self.update = update

    seen = Seen()
    telegram.observers.append(seen)
    wait(person, person.send_photo((photos / "two_people.jpg").read_bytes()))
    telegram.observers.remove(seen)
    named = {"first_name": NAME}
    message = seen.update["message"]
    return seen.update | {
        "message": message | {"from": message["from"] | named, "chat": message["chat"] | named}
    }


@pytest.fixture
def answer(bot, functions, update):
    """Let one batch answer as many updates as there are traces to begin; what the recognizer says."""
    webhook, recognizer = functions
    sqs = boto3.client("sqs")

    def run(*headers):
        with bot.jobs.held():
            for header in headers:
                body = json.dumps(update | {"update_id": next(ids)}).encode()
                known = {"content-type": "application/json", SECRET_HEADER: bot.secret}
                called = webhook.invoke(payload(body, known | {"X-Amzn-Trace-Id": header}))
                assert called["statusCode"] == 200
            got = sqs.receive_message(
                QueueUrl=bot.aws.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            )["Messages"]
            assert len(got) == len(headers)
            said = recognizer.invoke(records(got, bot.aws.queue_arn))
            for message in got:
                sqs.delete_message(QueueUrl=bot.aws.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return said

    return run


def begun(sampled: int) -> tuple[str, str]:
    """A trace that Lambda has begun, and the header that says so."""
    trace = new_trace()
    return trace, f"Root={trace};Parent={LAMBDA};Sampled={sampled}"


def lines(function):
    """All that a function's process printed, but Lambda's own lines, and LiteRT's one at a start."""
    others = ("REPORT RequestId: ", "INFO: Created TensorFlow Lite XNNPACK delegate")
    return [line for line in function.output.splitlines() if not line.startswith(others)]


def test_a_batch_goes_on_in_the_trace_of_each_of_its_updates(
    answer, daemon, functions, bot, telegram, update
):
    sampled = dict(begun(1) for _ in range(3))
    unsampled, header = begun(0)
    assert answer(*sampled.values(), header) == {"batchItemFailures": []}

    traces = daemon.traces()
    assert traces.keys() == sampled.keys()
    for segments in traces.values():
        (job,) = (segment for segment in segments.values() if segment["name"] == "recognizer")
        way = [LAMBDA, "## handler", "sqs", "emotion-bot-photos", "recognizer"]
        assert path(job, segments) == way
        under = {
            path(segment, segments)[-1] for segment in segments.values() if segment["parent_id"] == job["id"]
        }
        assert under == {"dynamodb", "remember", "download", "wait", "recognise", "send"}
        assert {segment["parent_id"] for segment in segments.values()} - segments.keys() == {LAMBDA}
        assert (job["annotations"]["kind"], job["annotations"]["faces"]) == ("photo", 2)
        assert not any(segment.get("in_progress") for segment in segments.values())
    message, told = update["message"], json.dumps(daemon.told)
    private = [NAME, message["photo"][-1]["file_id"], str(message["chat"]["id"])]
    assert [each for each in (*private, telegram.token, bot.secret) if each in told] == []
    answered = [json.loads(line) for line in lines(functions[1]) if '"photo answered"' in line]
    assert {line["xray_trace_id"] for line in answered} == {*sampled, unsampled}


def test_every_line_says_whose_it_is_and_leads_to_its_trace(bot, functions):
    webhook, recognizer = functions
    trace, header = begun(0)
    webhook.invoke(payload(b"[]", {SECRET_HEADER: bot.secret, "X-Amzn-Trace-Id": header}))
    message = {"messageId": "1", "receiptHandle": "1", "body": "no job", "eventSourceARN": bot.aws.queue_arn}
    attributes = {"ApproximateReceiveCount": "3", "SentTimestamp": "0", "AWSTraceHeader": header}
    recognizer.invoke({"Records": [message | {"attributes": attributes}]})

    for function in functions:
        logged = [line for line in map(json.loads, lines(function)) if "_aws" not in line]
        assert logged[-1]["xray_trace_id"] == trace
        for line in logged:
            assert line["service"] == function.name
            assert line.keys() >= {"function_request_id", "xray_trace_id", "cold_start", "message"}
            assert ("model" in line) == (function is recognizer)
