"""What the recognizer fails at: tried again, given up, its sender told; and answered once it is mended."""

from __future__ import annotations

import json

import boto3
import pytest

from emotion_bot.chat.texts import texts
from emotion_bot.vision.apart import RecognizerApart, RecognizerDied
from playground.aws import MAX_RECEIVE_COUNT

ATTEMPTS = MAX_RECEIVE_COUNT - 1
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def parked(bot):
    """The update ids of the jobs that are set aside, as soon as there is one; they stay there."""
    sqs, queue = boto3.client("sqs"), {"QueueUrl": bot.aws.dead_letter_url}

    def wait():
        messages = sqs.receive_message(**queue, WaitTimeSeconds=20, VisibilityTimeout=0)["Messages"]
        return [json.loads(message["Body"])["update_id"] for message in messages]

    yield wait
    for message in sqs.receive_message(**queue).get("Messages", ()):
        sqs.delete_message(**queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def trouble(monkeypatch):
    """What the next photos do to the recognizer, one after the other; then it is well again."""
    recognize, coming = RecognizerApart.recognize, []

    def stumble(self, photo):
        if coming:
            raise coming.pop()
        return recognize(self, photo)

    monkeypatch.setattr(RecognizerApart, "recognize", stumble)
    return coming


def test_a_photo_that_kills_every_recognizer_is_set_aside_and_its_sender_is_told_once(
    bot, person, photos, wait, trouble, parked
):
    trouble += [RecognizerDied("signal 11") for _ in range(ATTEMPTS)]
    update = person.send_photo((photos / "obama.jpg").read_bytes())

    assert wait(person, update)["text"] == texts("en").apology
    assert parked() == [update["update_id"]]
    assert trouble == []
    assert len(person.answers()) == 1
    assert bot.faces(update) is None


def test_once_it_is_mended_it_is_put_back_and_answered(telegram, bot, person, photos, wait, trouble, parked):
    trouble += [RuntimeError("a bug") for _ in range(ATTEMPTS)]
    update = person.send_photo((photos / "obama.jpg").read_bytes())
    wait(person, update)
    parked()

    assert bot.aws.redrive() == 1

    with telegram.changed:
        assert telegram.changed.wait_for(lambda: len(person.answers()) == 2, 60)
    assert "caption" in person.answers()[1]
    assert bot.faces(update) == 1
    assert bot.aws.dead == 0


def test_a_failure_that_passes_is_not_noticed(bot, person, photos, wait, trouble):
    trouble += [RecognizerDied("signal 9"), RuntimeError("a hiccup")]
    update = person.send_photo((photos / "obama.jpg").read_bytes())

    assert "caption" in wait(person, update)
    assert bot.faces(update) == 1
    assert len(person.answers()) == 1


def test_one_who_asks_about_the_model_hears_of_it_too(bot, person, wait, monkeypatch, parked):
    def fail(*_):
        raise RuntimeError("a bug")

    with bot.recognizer.borrow():
        monkeypatch.setattr("emotion_bot.attempt.about", fail)
    update = person.send_text("/about")

    assert wait(person, update)["text"] == texts("en").about_apology
    assert parked() == [update["update_id"]]
