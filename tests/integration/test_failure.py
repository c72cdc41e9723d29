"""A photo that the recognizer fails at: tried again, then set aside, and its sender is told."""

from __future__ import annotations

import json

import boto3
import pytest

from emotion_bot.chat.texts import texts
from emotion_bot.vision import Recognizer
from playground.aws import MAX_RECEIVE_COUNT


@pytest.fixture
def sqs(bot, monkeypatch):
    """A queue that hands a failed job out again at once."""
    client, invoke = boto3.client("sqs"), bot.recognizer.invoke

    def unhide_failures(event):
        answer = invoke(event)
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for record in event["Records"]:
            if record["messageId"] in failed:
                client.change_message_visibility(
                    QueueUrl=bot.aws.queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
                )
        return answer

    monkeypatch.setattr(bot.recognizer, "invoke", unhide_failures)
    return client


def test_after_the_last_attempt_the_job_is_set_aside_and_the_sender_is_told(
    bot, sqs, person, photos, wait, monkeypatch
):
    attempts = []

    def fail(_self: Recognizer, photo: bytes) -> None:
        attempts.append(photo)
        raise RuntimeError("the network caught fire")

    monkeypatch.setattr(Recognizer, "recognize", fail)
    update = person.send_photo((photos / "obama.jpg").read_bytes())

    assert wait(person, update)["text"] == texts("en").apology
    dead = sqs.receive_message(QueueUrl=bot.aws.dead_letter_url, WaitTimeSeconds=20)["Messages"]
    assert [json.loads(message["Body"])["update_id"] for message in dead] == [update["update_id"]]
    assert len(attempts) == MAX_RECEIVE_COUNT
    assert len(person.answers()) == 1
    assert bot.faces(update) is None


@pytest.mark.usefixtures("sqs")
def test_a_failure_that_passes_is_not_noticed(bot, person, photos, wait, monkeypatch):
    recognize, attempts = Recognizer.recognize, []

    def fail_once(self: Recognizer, photo: bytes):
        attempts.append(photo)
        if len(attempts) == 1:
            raise RuntimeError("a hiccup")
        return recognize(self, photo)

    monkeypatch.setattr(Recognizer, "recognize", fail_once)
    update = person.send_photo((photos / "obama.jpg").read_bytes())

    assert "caption" in wait(person, update)
    assert bot.faces(update) == 1
    assert len(person.answers()) == 1
