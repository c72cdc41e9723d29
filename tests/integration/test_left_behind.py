"""What a photo leaves behind on the machine that answers it: nothing; and whom the functions talk to."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from functions.recognizer.check import HEIC
from playground.runtime.event_source import records
from playground.runtime.function_url import payload
from playground.telegram import Person, Telegram
from playground.telegram.server import BotApi
from tests.integration.watched import Watched

TOKEN = "42:watched-in-its-process"


@pytest.fixture(scope="module")
def world():
    world = Telegram(TOKEN)
    api = BotApi(world)
    yield world, api.url
    api.close()


@pytest.fixture(scope="module")
def functions(stage, world, tmp_path_factory):
    """Webhook and recognizer, warm, with a queue of their own; and what they did to get there."""
    queue = boto3.client("sqs").create_queue(QueueName="watched")["QueueUrl"]
    boto3.client("ssm").put_parameter(Name="/watched/token", Value=TOKEN, Type="SecureString")
    home = tmp_path_factory.mktemp("home")
    watched = Watched(
        tmp_path_factory.mktemp("watched"),
        QUEUE_URL=queue,
        BOT_TOKEN_PARAMETER="/watched/token",
        TELEGRAM_API_URL=world[1],
        HOME=str(home),
        TMPDIR=str(home),
    )
    yield watched, queue, home
    watched.close()


@pytest.fixture(scope="module")
def answered(functions, world, stage):
    """A person's update goes through both functions: what was seen, and the bytes on disk."""
    watched, queue, _ = functions
    sqs = boto3.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def answer(update):
        headers = {"x-telegram-bot-api-secret-token": stage[1].secret, "content-type": "application/json"}
        taken = watched.invoke("webhook", payload(json.dumps(update).encode(), headers))
        assert taken["answer"]["statusCode"] == 200
        (message,) = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["All"])["Messages"]
        done = watched.invoke("recognizer", records([message], arn))
        assert done["answer"] == {"batchItemFailures": []}
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return watched.seen(), taken["bytes"] + done["bytes"]

    return answer


@pytest.fixture(scope="module")
def person(world):
    return Person(world[0])


@pytest.fixture(scope="module")
def warm(answered, person, photos):
    """What was seen until a first photo of each kind was answered, and so all processes had been started."""
    first, _ = answered(person.send_photo((photos / "astronaut.png").read_bytes()))
    return first + answered(person.send_document(b64decode(HEIC), "a.heic", "image/heic"))[0]


def test_every_process_is_watched(warm):
    watched = [line for line in warm if line.startswith("watches ")]
    for program in ("watched.py", "apart_process", "heif_process.py"):
        assert any(program in line for line in watched), program


def test_at_the_cold_start_the_bundle_is_written_and_nothing_else(warm, functions):
    written = [line.removeprefix("writes ") for line in warm if line.startswith("writes ")]
    assert written
    assert [path for path in written if not path.startswith(f"{functions[2]}/")] == []
    assert {path.suffix for path in map(Path, written) if path.is_file()} <= {
        ".tflite",
        ".json",
        ".zip",
        ".lock",
    }


@pytest.mark.parametrize("kind", ["photo", "png", "heic", "broken"])
def test_a_photo_touches_no_disk(warm, answered, person, photos, kind):
    jpeg = (photos / "two_people.jpg").read_bytes()
    update = {
        "photo": lambda: person.send_photo(jpeg),
        "png": lambda: person.send_document((photos / "astronaut.png").read_bytes(), "a.png"),
        "heic": lambda: person.send_document(b64decode(HEIC), "a.heic", "image/heic"),
        "broken": lambda: person.send_document(jpeg[: len(jpeg) // 8], "a.jpg"),
    }[kind]()

    seen, written = answered(update)

    assert [line for line in seen if line.startswith("writes ")] == []
    assert written == 0


def test_nobody_is_called_but_telegram_and_aws(warm, answered, person, photos, world):
    seen, _ = answered(person.send_photo((photos / "obama.jpg").read_bytes()))
    known = {
        f"connects ('{address.hostname}', {address.port})"
        for address in map(urlsplit, (world[1], os.environ["AWS_ENDPOINT_URL"]))
    }
    assert known <= set(warm)
    for line in warm + seen:
        assert line in known or line.startswith(("writes ", "watches ")) or line == "looks up 127.0.0.1"
