"""Every sample event of `events/`, run by the real handler."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from emotion_bot.chat.telegram import Telegram
from emotion_bot.jobs import PhotoJob
from functions.recognizer import app as recognizer
from functions.registrar import app as registrar
from functions.webhook import app as webhook

EVENTS = Path(__file__).parents[3] / "events"
SAMPLES = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in EVENTS.glob("*.json")}


def test_every_event_is_tested_here():
    told = {*WEBHOOK, *RECOGNIZER, *REGISTRAR}
    assert set(SAMPLES) == told


# What is queued (the file's id ends so), the status, the method in the answer, and a word of its text.
WEBHOOK = {
    "webhook-photo": ("y", 200, "sendChatAction", None),
    "webhook-document": ("example", 200, "sendChatAction", None),
    "webhook-group-photo": ("g", 200, "sendChatAction", None),
    "webhook-start-command": (None, 200, "sendMessage", "not what the person feels"),
    "webhook-privacy-command-russian": (None, 200, "sendMessage", "Что происходит с вашей фотографией"),
    "webhook-text": (None, 200, "sendMessage", "only photos"),
    "webhook-sticker": (None, 200, "sendMessage", "only photos"),
    "webhook-voice": (None, 200, "sendMessage", "only photos"),
    "webhook-wrong-secret": (None, 403, None, None),
    "webhook-malformed": (None, 200, None, None),
}


@pytest.mark.parametrize("name", WEBHOOK)
def test_webhook(name, queue, parameters, context):
    parameters.values["secret"] = "local-webhook-secret"
    queued, status, method, word = WEBHOOK[name]
    answer = webhook.handler(SAMPLES[name], context)
    assert answer["statusCode"] == status
    call = json.loads(answer.get("body", "{}"))
    assert call.get("method") == method
    assert word is None or word in call["text"]
    jobs = [PhotoJob.model_validate_json(body) for body in queue.bodies]
    assert [job.file_id[-len(queued) :] for job in jobs] == ([queued] if queued else [])


def test_a_photo_in_a_forum_is_answered_in_its_topic(queue, parameters, context):
    parameters.values["secret"] = "local-webhook-secret"
    answer = webhook.handler(SAMPLES["webhook-group-photo"], context)
    assert json.loads(answer["body"])["message_thread_id"] == 42
    assert PhotoJob.model_validate_json(queue.bodies[0]).thread_id == 42


# How many photos are sent, and which messages are given back to SQS.
RECOGNIZER = {"recognizer-photo": (1, []), "recognizer-batch": (2, ["2"]), "recognizer-last-attempt": (1, [])}


@pytest.mark.parametrize("name", RECOGNIZER)
def test_recognizer(name, bot, api, context):
    sent, failed = RECOGNIZER[name]
    for record in SAMPLES[name]["Records"]:
        api.files[json.loads(record["body"]).get("file_id")] = b"pixels"
    answer = recognizer.handler(SAMPLES[name], context)
    assert [item["itemIdentifier"][-1] for item in answer["batchItemFailures"]] == failed
    assert api.methods.count("sendPhoto") == sent


def test_the_last_attempt_ends_with_an_apology(bot, api, context):
    api.fail("getFile", 500)
    recognizer.handler(SAMPLES["recognizer-last-attempt"], context)
    assert api.methods == ["getFile", "sendMessage"]


REGISTRAR = {
    "registrar-create": "setWebhook",
    "registrar-update": "setWebhook",
    "registrar-delete": "deleteWebhook",
}


@pytest.mark.parametrize("name", REGISTRAR)
def test_registrar(name, api, context, monkeypatch):
    answers = []

    def cloudformation(request):
        answers.append((str(request.url), json.loads(request.content)))
        return httpx.Response(200)

    monkeypatch.setattr(registrar, "transport", lambda: httpx.MockTransport(cloudformation))
    monkeypatch.setattr(registrar, "Telegram", lambda token, url: Telegram(token, url, transport=api))
    registrar.handler(SAMPLES[name], context)
    assert REGISTRAR[name] in api.methods
    ((url, answer),) = answers
    assert url == SAMPLES[name]["ResponseURL"]
    assert answer["Status"] == "SUCCESS"
    assert answer["RequestId"] == SAMPLES[name]["RequestId"]
