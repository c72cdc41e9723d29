"""The recognizer: each job answered once, failures left to SQS, the sender told of the last."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
from collections import deque

import httpx
import pytest
from botocore.exceptions import ClientError

from emotion_bot.bot import TIME_TO_SAY_SO
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AlbumItem
from emotion_bot.vision.apart import RecognizerDied
from emotion_bot.vision.errors import UnreadablePhoto
from functions.recognizer import app
from tests.unit.fakes import TOKEN, Context, counted, face, logged
from tests.unit.functions.messages import ABOUT, ALBUM, PHOTO, batch, failures, record

PATIENCE = 10
"""Seconds that a test waits for what must come; it comes at once."""


def test_a_photo_is_answered_and_logged_in_one_line(bot, api, context, log, capsys):
    bot.recognizer.faces = (face("happy"), face("sad"))
    assert failures(app.handler(batch(record(PHOTO)), context)) == []
    assert api.methods == ["getFile", "download", "sendPhoto"]
    (line,) = logged(log.getvalue())
    assert (line["level"], line["message"]) == ("INFO", "photo answered")
    assert (line["update_id"], line["faces"], line["model"]) == (7, 2, "test-1")
    assert set(line["milliseconds"]) == {"remember", "download", "wait", "recognise", "send"}
    assert all(type(value) is int for value in line["milliseconds"].values())
    assert counted(capsys.readouterr().out) == {"Jobs": 1, "PhotoAnswered": 1, "Faces": 2}


def test_a_file_that_is_no_picture_is_counted_as_such(bot, context, log, capsys):
    bot.recognizer.error = UnreadablePhoto()
    assert failures(app.handler(batch(record(PHOTO)), context)) == []
    (line,) = logged(log.getvalue())
    assert (line["message"], "faces" in line) == ("photo answered", False)
    assert counted(capsys.readouterr().out) == {"Jobs": 1, "PhotoAnswered": 1, "UnreadablePhoto": 1}


def test_the_same_update_is_answered_once(bot, api, context):
    app.handler(batch(record(PHOTO)), context)
    assert failures(app.handler(batch(record(PHOTO, 2)), context)) == []
    assert api.methods.count("sendPhoto") == 1


def test_an_update_is_remembered_for_longer_than_telegram_repeats_it(bot, context):
    before = time.time()
    app.handler(batch(record(PHOTO)), context)
    (remembered,) = bot.answered.records.values()
    hours = (remembered.expiry_timestamp - before) / 3600
    assert 24.9 < hours < 25.1
    assert "photo" not in remembered.response_data


def test_photos_of_the_first_batch_find_the_table_configured(bot):
    assert bot.answered.configured
    assert bot.answered.event_key_jmespath == "update_id"


def test_one_bad_job_of_a_batch_fails_alone(bot, api, context, log):
    other = PHOTO | {"update_id": 8}
    answer = app.handler(batch(record(PHOTO, 1), record('{"version": 2}', 2), record(other, 3)), context)
    assert failures(answer) == ["message-2"]
    assert api.methods.count("sendPhoto") == 2
    assert sorted(line["message"] for line in logged(log.getvalue())) == [
        "not a job",
        "photo answered",
        "photo answered",
    ]


def test_one_photo_of_a_batch_that_fails_is_given_back_alone(bot, api, context, log, capsys, monkeypatch):
    recognize = bot.recognizer.recognize
    monkeypatch.setattr(
        bot.recognizer, "recognize", lambda photo: recognize(photo) if photo != b"bad" else 1 / 0
    )
    api.files |= {"good": b"good", "bad": b"bad"}
    jobs = [
        PHOTO | {"update_id": number, "file_id": name} for number, name in enumerate(("good", "bad", "photo"))
    ]
    answer = app.handler(batch(*map(record, jobs, (1, 2, 3))), context)
    assert failures(answer) == ["message-2"]
    assert len(bot.answered.records) == api.methods.count("sendPhoto") == 2
    assert counted(capsys.readouterr().out) == {"Jobs": 3, "PhotoAnswered": 2, "PhotoFailed": 1, "Faces": 2}


def test_photos_of_a_batch_are_fetched_together(bot, api, context):
    both = asyncio.Barrier(2)
    api.meanwhile["download"] = both.wait
    assert failures(app.handler(batch(record(PHOTO), record(PHOTO | {"update_id": 8}, 2)), context)) == []
    assert api.methods.count("sendPhoto") == 2


def test_one_photo_is_sent_while_another_is_recognised(bot, api, context, monkeypatch):
    recognize, is_sending, is_recognising = bot.recognizer.recognize, threading.Event(), threading.Event()

    def wait_for_the_first(photo):
        if bot.recognizer.photos:
            is_recognising.set()
            assert is_sending.wait(PATIENCE)
        return recognize(photo)

    async def wait_for_the_second():
        is_sending.set()
        assert await asyncio.to_thread(is_recognising.wait, PATIENCE)

    api.meanwhile["sendPhoto"] = wait_for_the_second
    monkeypatch.setattr(bot.recognizer, "recognize", wait_for_the_first)
    assert failures(app.handler(batch(record(PHOTO), record(PHOTO | {"update_id": 8}, 2)), context)) == []


def test_photos_are_recognised_one_at_a_time(bot, api, context, monkeypatch):
    recognize, busy, downloads = bot.recognizer.recognize, threading.Lock(), threading.Semaphore(0)

    async def tell():
        downloads.release()

    def recognize_alone(photo):
        with contextlib.ExitStack() as end:
            assert busy.acquire(blocking=False)
            end.callback(busy.release)
            if (
                len(bot.recognizer.photos) == 0
            ):  # until the other photo is here, and had its turns of the loop
                assert all(downloads.acquire(timeout=PATIENCE) for _ in range(2))
                for _ in range(100):
                    bot.begin(asyncio.sleep(0)).result(PATIENCE)
            return recognize(photo)

    api.meanwhile["download"] = tell
    monkeypatch.setattr(bot.recognizer, "recognize", recognize_alone)
    assert failures(app.handler(batch(record(PHOTO), record(PHOTO | {"update_id": 8}, 2)), context)) == []
    assert len(bot.recognizer.photos) == 2


def test_the_table_is_asked_while_the_photo_is_fetched(bot, api, context, monkeypatch):
    put, is_fetching = bot.answered._put_record, threading.Event()

    async def tell():
        is_fetching.set()

    def ask(data_record):
        assert is_fetching.wait(PATIENCE)
        put(data_record)

    api.meanwhile["getFile"] = tell
    monkeypatch.setattr(bot.answered, "_put_record", ask)
    assert failures(app.handler(batch(record(PHOTO)), context)) == []


def test_a_photo_that_failed_is_not_kept_in_memory(bot, api, context, monkeypatch):
    """Nothing but the trace of its failure holds it, in circles, which Python may leave alone for long."""

    class Photo(bytes):
        def __del__(self):
            gone.append(len(self))

    async def download(_self, _file_id):
        return Photo(b"pixels")

    gone = []
    monkeypatch.setattr(Telegram, "download", download)
    monkeypatch.setattr(bot.recognizer, "photos", deque(maxlen=0))
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            api.fail("sendPhoto", 500)
            assert failures(app.handler(batch(record(PHOTO)), context)) == ["message-1"]
    finally:
        gc.enable()
    assert len(gone) >= 4  # the last may be in the event loop's hands


def test_a_photo_that_takes_too_long_is_given_back_before_the_time_is_up(bot, api, log):
    context = Context(milliseconds=int(1000 * TIME_TO_SAY_SO))
    assert failures(app.handler(batch(record(PHOTO)), context)) == ["message-1"]
    assert bot.answered.records == {}
    assert [line["reason"] for line in logged(log.getvalue())] == ["the invocation has no time left"]


BLOCKED = (403, "Forbidden: bot was blocked by the user")
NO_PHOTOS = (400, "Bad Request: not enough rights to send photos to the chat")


@pytest.mark.parametrize(("code", "description"), [BLOCKED, NO_PHOTOS])
def test_what_cannot_be_delivered_is_done_with(bot, api, context, log, capsys, code, description):
    api.fail("sendPhoto", code, description)
    assert failures(app.handler(batch(record(PHOTO)), context)) == []
    (line,) = logged(log.getvalue())
    assert line["message"] == "answer undeliverable"
    assert line["reason"].lower() in description.lower()
    assert counted(capsys.readouterr().out) == {"Jobs": 1, "Undeliverable": 1}
    app.handler(batch(record(PHOTO)), context)
    assert api.methods.count("sendPhoto") == 1


def test_where_only_the_photo_is_refused_a_sentence_says_so(bot, api, context):
    api.fail("sendPhoto", *NO_PHOTOS)
    assert failures(app.handler(batch(record(PHOTO)), context)) == []
    assert api.sent("sendMessage")["text"] == texts("en").apology


def test_whoever_blocked_the_bot_is_not_written_to_again(bot, api, context):
    api.fail("sendPhoto", *BLOCKED)
    app.handler(batch(record(PHOTO)), context)
    assert "sendMessage" not in api.methods


def test_connections_outlive_an_invocation(bot, api, context):
    loops = set()

    async def note_loop():
        loops.add(asyncio.get_running_loop())

    api.meanwhile |= dict.fromkeys(("getFile", "download", "sendPhoto"), note_loop)
    app.handler(batch(record(PHOTO)), context)
    app.handler(batch(record(PHOTO | {"update_id": 8})), context)
    assert loops == {bot.loop}


def test_the_log_holds_neither_token_nor_file(bot, api, context, log, capsys):
    api.answers["sendPhoto"] = [
        httpx.ConnectError("no route"),
        httpx.Response(400, text=f"<html>{TOKEN} heart of gold</html>"),
        httpx.Response(200, text=f"{TOKEN} heart of gold"),
        httpx.InvalidURL(f"https://telegram.test/bot{TOKEN}"),
    ]
    for number in range(4):
        app.handler(batch(record(PHOTO | {"update_id": number})), context)
    app.handler(batch(record('{"file_id": "heart of gold"}')), context)
    output = "".join(capsys.readouterr()) + log.getvalue()
    assert len(logged(output)) == 5
    assert [word for word in (TOKEN, "heart of gold", '"photo"') if word in output] == []


class TestAlbum:
    @pytest.fixture(autouse=True)
    def album(self, bot, api):
        """Three photos, of which the second shows no face."""
        bot.albums.items = tuple(AlbumItem(message_id=3 + n, file_id=f"file{n}") for n in range(3))
        api.files |= {f"file{n}": f"pixels{n}".encode() for n in range(3)}
        bot.recognizer.other[b"pixels1"] = ()

    def test_it_is_answered_once_and_logged_in_one_line(self, bot, api, context, log, capsys):
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        found = counted(capsys.readouterr().out)
        assert failures(app.handler(batch(record(ALBUM, 2)), context)) == []
        assert [method for method in api.methods if method.startswith("send")] == ["sendMediaGroup"]
        (line,) = logged(log.getvalue())
        assert (line["level"], line["message"]) == ("INFO", "album answered")
        assert (line["update_id"], line["photos"], line["faces"], line["model"]) == (7, 3, 2, "test-1")
        assert set(line["milliseconds"]) == {"remember", "download", "recognise", "send"}
        assert found == {"Jobs": 1, "AlbumAnswered": 1, "AlbumPhotos": 3, "Faces": 2}

    def test_its_files_are_forgotten_once_it_is_answered(self, bot, api, context):
        forgotten = []

        async def note():
            forgotten.append(bot.albums.is_forgotten)

        api.meanwhile["sendMediaGroup"] = note
        app.handler(batch(record(ALBUM)), context)
        assert (forgotten, bot.albums.is_forgotten) == ([False], True)

    def test_files_that_cannot_be_forgotten_do_not_send_it_again(self, bot, api, context, log):
        bot.albums.error = ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        assert [line["message"] for line in logged(log.getvalue())] == [
            "album answered",
            "album not forgotten",
        ]

    def test_an_attempt_that_ended_between_answer_and_memory_is_not_followed_by_another(
        self, bot, api, context, log
    ):
        app.handler(batch(record(ALBUM)), context)
        bot.answered.records.clear()
        assert failures(app.handler(batch(record(ALBUM, delivery=2)), context)) == []
        assert api.methods.count("sendMediaGroup") == 1
        assert logged(log.getvalue())[-1]["message"] == "album answered before, but not remembered"

    def test_a_photo_that_does_not_come_makes_it_come_back_soon(self, bot, api, context, log, capsys):
        api.fail("getFile", 500)
        assert failures(app.handler(batch(record(ALBUM)), context)) == ["message-1"]
        assert [hidden["VisibilityTimeout"] for hidden in bot.sqs.hidden] == [6]
        assert bot.answered.records == {}
        assert not bot.albums.is_forgotten
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "AlbumFailed": 1}
        assert failures(app.handler(batch(record(ALBUM, delivery=2)), context)) == []
        assert api.methods.count("sendMediaGroup") == 1
        messages = [line["message"] for line in logged(log.getvalue())]
        assert messages == ["album not answered", "album answered"]

    def test_on_the_last_attempt_it_is_left_out_and_counted(self, bot, api, context, log, capsys):
        api.fail("getFile", 500)
        assert failures(app.handler(batch(record(ALBUM, delivery=5)), context)) == []
        lost, answered = logged(log.getvalue())
        assert (lost["message"], lost["reason"]) == (
            "photo of an album lost",
            "Telegram cannot be reached: NetworkError",
        )
        assert (answered["message"], answered["photos"]) == ("album answered", 2)
        assert counted(capsys.readouterr().out)["PhotoLost"] == 1

    def test_a_bug_at_one_photo_is_logged_with_its_trace(self, bot, api, context, log):
        bot.recognizer.other[b"pixels1"] = ZeroDivisionError()
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        lost, answered = logged(log.getvalue())
        assert (lost["message"], lost["exception_name"]) == ("photo of an album lost", "ZeroDivisionError")
        assert answered["photos"] == 2

    def test_a_photo_that_kills_the_recognizer_costs_the_others_nothing(self, bot, api, context, log, capsys):
        bot.recognizer.other[b"pixels1"] = RecognizerDied("signal 11")
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        lost, answered = logged(log.getvalue())
        assert lost["reason"].endswith("signal 11")
        assert answered["photos"] == 2
        assert {"PhotoLost": 1, "RecognizerDied": 1}.items() <= counted(capsys.readouterr().out).items()

    def test_when_no_photo_comes_it_is_an_attempt_like_any(self, bot, api, context):
        for _ in range(3):
            api.fail("getFile", 500)
        assert failures(app.handler(batch(record(ALBUM)), context)) == ["message-1"]
        assert [hidden["VisibilityTimeout"] for hidden in bot.sqs.hidden] == [10]

    def test_when_its_record_is_gone_the_sender_is_told_at_once(self, bot, api, context, log, capsys):
        bot.albums.is_gone = True
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        assert api.methods == ["sendMessage"]
        assert api.sent("sendMessage")["text"] == texts("en").album_apology
        assert [line["message"] for line in logged(log.getvalue())] == ["album gone"]
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "AlbumGone": 1}
        assert failures(app.handler(batch(record(ALBUM, 2)), context)) == []
        assert api.methods == ["sendMessage"]

    def test_one_that_cannot_be_delivered_is_done_with(self, bot, api, context, capsys):
        api.fail("sendMediaGroup", 403, "Forbidden: bot was blocked by the user")
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        assert bot.albums.is_forgotten
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "Undeliverable": 1}

    def test_where_only_the_album_is_refused_a_sentence_says_so(self, bot, api, context):
        api.fail("sendMediaGroup", *NO_PHOTOS)
        assert failures(app.handler(batch(record(ALBUM)), context)) == []
        assert bot.albums.is_forgotten
        assert api.sent("sendMessage")["text"] == texts("en").album_apology

    def test_while_telegram_says_slow_down_it_is_kept_whole(self, bot, api, context):
        api.fail("sendMediaGroup", 429, retry_after=30)
        assert failures(app.handler(batch(record(ALBUM)), context)) == ["message-1"]
        assert [hidden["VisibilityTimeout"] for hidden in bot.sqs.hidden] == [31]
        assert failures(app.handler(batch(record(ALBUM, delivery=2)), context)) == []
        assert api.methods.count("sendMediaGroup") == 2

    def test_one_for_which_no_time_is_left_is_given_back(self, bot, api, log):
        context = Context(milliseconds=int(1000 * TIME_TO_SAY_SO))
        assert failures(app.handler(batch(record(ALBUM)), context)) == ["message-1"]
        assert [line["reason"] for line in logged(log.getvalue())] == ["the invocation has no time left"]
        assert not bot.albums.is_forgotten

    def test_its_photos_and_others_share_the_batch(self, bot, api, context):
        other = PHOTO | {"update_id": 8}
        assert failures(app.handler(batch(record(ALBUM), record(other, 2)), context)) == []
        assert {"sendPhoto", "sendMediaGroup"} <= set(api.methods)


class TestAbout:
    def test_it_is_answered_once_and_logged_in_one_line(self, bot, api, context, log, capsys):
        bot.recognizer.manifest.metrics = {
            "private_test": {"leak_free_accuracy": 0.84, "leak_free_rows": 2029}
        }
        assert failures(app.handler(batch(record(ABOUT), record(ABOUT, 2)), context)) in ([], ["message-2"])
        assert api.sent("sendMessage")["text"] == texts("en").about("test-1", 0.84, 2029, None)
        (line,) = logged(log.getvalue())
        assert (line["message"], line["update_id"], line["model"]) == ("about answered", 7, "test-1")
        assert "faces" not in line
        assert counted(capsys.readouterr().out)["AboutAnswered"] == 1
