"""Every sample event through `sam local invoke`: what Telegram received, and what is in queue and table."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from infra.containers.stage import PHOTO
from tests.events import RECOGNIZER, REGISTRAR, SAMPLES, WEBHOOK

ENGINES = ("litert", "tensorflow")


def test_every_event_is_played_here():
    assert set(SAMPLES) == {*WEBHOOK, *RECOGNIZER, *REGISTRAR}


@pytest.mark.parametrize("name", WEBHOOK)
def test_webhook(name, outcome):
    queued, status, method, words = WEBHOOK[name]
    played = outcome(name)
    assert played.answer["statusCode"] == status
    jobs = played.stage.jobs()
    assert [job.kind for job in jobs] == ([queued[0]] if queued else [])
    assert not queued or queued[1] is None or jobs[0].file_id.endswith(queued[1])
    assert played.methods == []  # it answers Telegram, and calls nobody
    call = json.loads(played.answer.get("body", "{}"))
    assert call.get("method") == method
    if call:  # as Telegram does with an answer
        assert played.stage.call(**call)["ok"], "Telegram does not take the answer"
        assert words is None or words in json.dumps(played.stage.told(), ensure_ascii=False)


@pytest.mark.parametrize("name", ["webhook-album-first-photo", "webhook-language-pressed", "webhook-photo"])
def test_webhook_remembers(name, outcome):
    kinds = {"album": "album#", "language": "language#", "photo": "pace#"}
    kind = name.split("-")[1]
    assert any(record.startswith(kinds[kind]) for record in outcome(name).stage.records())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", RECOGNIZER)
def test_recognizer(name, engine, outcome):
    sent, failed = RECOGNIZER[name]
    played = outcome(name, engine)
    failures = [item["itemIdentifier"][-1] for item in played.answer["batchItemFailures"]]
    assert failures == failed, played.invocation.log
    assert [method for method in played.methods if method.startswith("send")] == sent
    messages = played.told["messages"]
    photos = [message for message in messages if "photo" in message]
    assert len(photos) == sum({"sendPhoto": 1, "sendMediaGroup": 2}.get(method, 0) for method in sent)
    replied = {message["reply_to_message"]["message_id"] for message in messages}
    bodies = [json.loads(record["body"]) for record in SAMPLES[name]["Records"]]
    assert replied == {body["message_id"] for body in bodies if "message_id" in body}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["recognizer-photo"])
def test_the_answer_says_how_both_people_look(name, engine, outcome):
    played = outcome(name, engine)
    (message,) = played.told["messages"]
    assert message["caption"].startswith("2 faces, from left to right:\n1. ")
    assert "looks" in message["caption"]
    picture = played.stage.download(message["photo"][-1]["file_id"])
    boxes = cv2.absdiff(picture, cv2.imdecode(np.frombuffer(PHOTO, np.uint8), cv2.IMREAD_COLOR))
    assert 0.001 < (boxes.max(axis=2) > 64).mean() < 0.2, "the photo comes back, with something drawn on it"


@pytest.mark.parametrize("name", REGISTRAR)
def test_registrar(name, outcome):
    played = outcome(name)
    assert REGISTRAR[name] in played.methods
    answer = played.stage.world.answered(played.stage.name)
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    assert answer["RequestId"] == SAMPLES[name]["RequestId"]
    webhook = played.told["webhook"]
    if name == "registrar-delete":
        assert webhook is None
    else:
        assert webhook["url"].startswith(SAMPLES[name]["ResourceProperties"]["WebhookUrl"])
        assert webhook["secret"] == "local-webhook-secret"
