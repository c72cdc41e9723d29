"""Every sample event of `events/`, run by the real handler."""

from __future__ import annotations

import json
from copy import deepcopy
from types import SimpleNamespace

import pytest

from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AlbumItem, read_job
from emotion_bot.records import JOBS_A_MINUTE, Albums
from functions.recognizer import app as recognizer
from functions.registrar import app as registrar
from functions.webhook import app as webhook
from tests.events import RECOGNIZER, REGISTRAR, SAMPLES, WEBHOOK
from tests.unit.fakes import counted


def test_every_event_is_tested_here():
    told = {*WEBHOOK, *RECOGNIZER, *REGISTRAR}
    assert set(SAMPLES) == told


@pytest.fixture(autouse=True)
def secret(parameters):
    parameters.values["secret"] = "local-webhook-secret"


@pytest.mark.parametrize("name", WEBHOOK)
def test_webhook(name, queue, records, context):
    queued, status, method, words = WEBHOOK[name]
    answer = webhook.handler(SAMPLES[name], context)
    assert answer["statusCode"] == status
    call = json.loads(answer.get("body", "{}"))
    assert call.get("method") == method
    assert words is None or words in call["text"]
    jobs = [read_job(body) for body in queue.bodies]
    assert [job.kind for job in jobs] == ([queued[0]] if queued else [])
    assert not queued or queued[1] is None or jobs[0].file_id.endswith(queued[1])


def test_the_items_of_the_album_are_queued_as_one(queue, records, dynamodb, context):
    for name in ("first-photo", "second-photo", "video"):
        webhook.handler(SAMPLES[f"webhook-album-{name}"], context)
    (job,) = map(read_job, queue.bodies)
    items = Albums(dynamodb, "records").take(job)
    assert [(item.file_id or "")[-1:] for item in items] == ["1", "2", ""]
    assert items[2].refusal == "unsupported"


def test_a_photo_in_a_forum_is_answered_in_its_topic(queue, records, context):
    answer = webhook.handler(SAMPLES["webhook-group-mention"], context)
    assert json.loads(answer["body"])["message_thread_id"] == 42
    assert read_job(queue.bodies[0]).thread_id == 42


def test_the_command_to_a_photo_is_answered_as_a_reply_to_that(queue, records, context):
    webhook.handler(SAMPLES["webhook-group-emotion-reply"], context)
    assert read_job(queue.bodies[0]).message_id == 17


@pytest.mark.parametrize("name", RECOGNIZER)
def test_recognizer(name, bot, api, context):
    sent, failed = RECOGNIZER[name]
    bot.albums.items = tuple(AlbumItem(message_id=number, file_id="photo") for number in (21, 22))
    for record in SAMPLES[name]["Records"]:
        api.files[json.loads(record["body"]).get("file_id")] = b"pixels"
    answer = recognizer.handler(SAMPLES[name], context)
    assert [item["itemIdentifier"][-1] for item in answer["batchItemFailures"]] == failed
    assert [method for method in api.methods if method.startswith("send")] == sent


def test_who_floods_is_told_so_in_reply_and_found_nothing(bot, api, context, capsys):
    recognizer.handler(SAMPLES["recognizer-flood"], context)
    sent = api.sent("sendMessage")
    assert sent["text"] == texts("de").too_many(JOBS_A_MINUTE)
    assert json.loads(sent["reply_parameters"])["message_id"] == 61
    assert counted(capsys.readouterr().out) == {"Jobs": 1, "FloodAnswered": 1}


def test_where_it_cannot_be_said_the_farewell_says_it(bot, api, context):
    farewell = deepcopy(SAMPLES["recognizer-flood"])
    farewell["Records"][0]["attributes"]["ApproximateReceiveCount"] = "6"
    recognizer.handler(farewell, context)
    assert api.sent("sendMessage")["text"] == texts("de").too_many(JOBS_A_MINUTE)


@pytest.mark.parametrize("name", REGISTRAR)
def test_registrar(name, api, context, monkeypatch):
    answers = []

    def cloudformation(request, timeout):
        answers.append((request.full_url, json.loads(request.data)))
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(registrar, "urlopen", cloudformation)
    monkeypatch.setattr(
        "emotion_bot.registrar.Telegram", lambda token, url: Telegram(token, url, transport=api)
    )
    registrar.handler(SAMPLES[name], context)
    assert REGISTRAR[name] in api.methods
    ((url, answer),) = answers
    assert url == SAMPLES[name]["ResponseURL"]
    assert answer["Status"] == "SUCCESS"
    assert answer["RequestId"] == SAMPLES[name]["RequestId"]
