"""A job in, an answer out: what is sent for which photo."""

from __future__ import annotations

import asyncio
import dataclasses
import threading

import pytest
from pydantic import ValidationError

from emotion_bot.answer import answer, warm_up
from emotion_bot.chat.errors import TryAgain, Undeliverable
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import PhotoJob
from emotion_bot.vision import PhotoTooLarge, Recognition, UnreadablePhoto
from tests.unit.fakes import API, TOKEN, FakeBotApi, FakeRecognizer, face

JOB = PhotoJob(update_id=7, chat_id=5, message_id=3, language="en", file_id="photo", file_unique_id="U")
RUSSIAN = JOB.model_copy(update={"language": "ru"})


@pytest.fixture
def api():
    return FakeBotApi()


def run(api, recognizer, job=JOB, photo=None):
    async def use():
        telegram = Telegram(TOKEN, API, transport=api)
        try:
            return await answer(job, telegram, recognizer, photo)
        finally:
            await telegram.close()

    return asyncio.run(use())


def test_faces_are_drawn_and_listed(api):
    recognizer = FakeRecognizer(face("happy", 0.93), face("sad", 0.7))
    answered = run(api, recognizer)
    assert recognizer.photos == [b"pixels"]
    assert api.sent("sendPhoto")["caption"] == texts("en").caption([(["happy"], 0.93), (["sad"], 0.7)])
    assert api.uploads[0].startswith(b"\xff\xd8\xff")
    assert answered.faces == 2
    assert set(answered.milliseconds) == {"download", "wait", "recognise", "send"}


def test_recognition_is_warmed_up_in_the_thread_where_it_happens(api):
    recognizer = FakeRecognizer(face())
    warm_up(recognizer)
    run(api, recognizer)
    first, second = recognizer.threads
    assert first == second != threading.get_ident()


def test_faces_that_were_too_many_are_told_of(api, monkeypatch):
    recognize = FakeRecognizer(face(), face()).recognize
    crowd = FakeRecognizer()
    monkeypatch.setattr(crowd, "recognize", lambda photo: dataclasses.replace(recognize(photo), more=12))
    answered = run(api, crowd)
    assert api.sent("sendPhoto")["caption"] == texts("en").caption([(["happy"], 0.93)] * 2, more=12)
    assert answered.faces == 2


def test_a_photo_that_is_on_its_way_is_not_fetched_again(api):
    async def photo():
        return b"on its way"

    recognizer = FakeRecognizer(face())
    run(api, recognizer, photo=photo())
    assert recognizer.photos == [b"on its way"]
    assert api.methods == ["sendPhoto"]


@pytest.mark.parametrize(
    ("job", "labels", "caption"),
    [
        (
            JOB,
            ["looks happy 93 %", "hard to tell: neutral or happy"],
            "2 faces, from left to right:\n1. looks happy, 93 %\n2. hard to tell: neutral or happy",
        ),
        (
            RUSSIAN,
            ["выглядит радостно 93 %", "трудно сказать: нейтрально или радостно"],
            "2 лица, слева направо:\n1. выглядит радостно, 93 %\n2. трудно сказать: нейтрально или радостно",
        ),
    ],
    ids=["en", "ru"],
)
def test_picture_and_caption_say_the_same_in_the_senders_language(api, monkeypatch, job, labels, caption):
    drawn = []
    monkeypatch.setattr(Recognition, "annotate", lambda self, labels: drawn.extend(labels) or b"jpeg")
    run(api, FakeRecognizer(face(), face("neutral", 0.4, hard_to_tell=True)), job)
    assert drawn == labels
    assert api.sent("sendPhoto")["caption"] == caption


@pytest.mark.parametrize("job", [JOB, RUSSIAN], ids=["en", "ru"])
@pytest.mark.parametrize(
    ("recognizer", "sentence", "faces"),
    [
        (FakeRecognizer(), "no_face", 0),
        (FakeRecognizer(error=UnreadablePhoto()), "unreadable", None),
        (FakeRecognizer(error=PhotoTooLarge("12 MP")), "too_many_pixels", None),
    ],
)
def test_without_a_face_to_show_a_sentence_is_sent_alone(api, job, recognizer, sentence, faces):
    answered = run(api, recognizer, job)
    assert api.methods == ["getFile", "download", "sendMessage"]
    assert api.sent("sendMessage")["text"] == getattr(texts(job.language), sentence)
    assert answered.faces == faces
    assert set(answered.milliseconds) == {"download", "wait", "recognise", "send"}


def test_a_file_that_telegram_keeps_back_is_said_to_be_too_big(api):
    api.fail("getFile", 400, "Bad Request: file is too big")
    run(api, FakeRecognizer())
    assert api.sent("sendMessage")["text"] == texts("en").oversized


@pytest.mark.parametrize(
    ("method", "code", "failure"),
    [("getFile", 500, TryAgain), ("download", 500, TryAgain), ("sendPhoto", 403, Undeliverable)],
)
def test_what_telegram_does_not_do_is_left_to_the_caller(api, method, code, failure):
    api.fail(method, code)
    with pytest.raises(failure):
        run(api, FakeRecognizer(face()))


@pytest.mark.parametrize(
    "job",
    [
        "",
        "[]",
        "{}",
        '{"version": 2}',
        JOB.model_dump_json().replace('"chat_id":5', '"chat_id":"5"'),
        JOB.model_dump_json().replace("{", '{"name":"Ada",', 1),
    ],
)
def test_a_job_of_another_shape_is_none(job):
    with pytest.raises(ValidationError):
        PhotoJob.model_validate_json(job)


def test_a_job_survives_the_queue():
    assert PhotoJob.model_validate_json(RUSSIAN.model_dump_json()) == RUSSIAN
