"""What the page tells about each update: stages, attempts and their reasons, faces and their crops."""

from __future__ import annotations

import cv2
import httpx
import numpy as np
import pytest

from emotion_bot.vision.apart import RecognizerApart, RecognizerDied
from playground import traces as module
from playground.aws import ATTEMPTS, VISIBILITY_TIMEOUT
from playground.runtime.event_source import Watcher


@pytest.fixture
def send(page, photos):
    def post(*names, **data):
        files = [("file", (name, (photos / name).read_bytes())) for name in names]
        httpx.post(f"{page.url}/file", files=files, data=data, timeout=60).raise_for_status()

    return post


@pytest.fixture
def say(page):
    def post(text):
        httpx.post(f"{page.url}/text", json={"text": text}).raise_for_status()

    return post


def stages(trace) -> list[str]:
    return [stage["name"] for stage in trace["stages"]]


def found(trace) -> bool:
    return any(photo["faces"] for photo in trace["photos"])


def test_a_photos_way_is_told_stage_by_stage(page, send, until):
    send("two_people.jpg")
    trace = until("trace", found)

    assert stages(trace) == ["webhook", "queue", "remember", "download", "wait", "recognise", "send"]
    assert all(stage["milliseconds"] >= 0 for stage in trace["stages"])
    recognise = next(stage for stage in trace["stages"] if stage["name"] == "recognise")
    assert 0 < recognise["milliseconds"] < trace["total"]
    assert (trace["what"], trace["state"], trace["attempts"], trace["note"]) == ("photo", "done", 1, "")
    assert trace["engine"] == "litert"
    assert trace["model"]


def test_a_file_that_cannot_be_read_is_not_said_to_hold_no_face(page, until):
    httpx.post(
        f"{page.url}/file", files=[("file", ("me.jpg", b"\xff\xd8\xff and no more"))]
    ).raise_for_status()

    trace = until("trace", lambda trace: trace["state"] == "done")
    assert (trace["what"], trace["is_readable"]) == ("photo", False)


def test_faces_come_with_the_crops_that_the_network_saw(page, send, until):
    send("two_people.jpg")
    (photo,) = until("trace", found)["photos"]

    assert [face["number"] for face in photo["faces"]] == [1, 2]
    for face in photo["faces"]:
        assert sum(face["scores"].values()) == pytest.approx(1, abs=1e-3)
        assert set(face["candidates"]) <= set(face["scores"])
        assert min(face["size"]) > 48
        png = httpx.get(page.url + face["crop"])
        assert png.headers["content-type"] == "image/png"
        crop = cv2.imdecode(np.frombuffer(png.content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert crop.shape == (48, 48)
        assert crop.std() > 10
    assert httpx.get(f"{page.url}{photo['faces'][0]['crop'].replace('1.png', '3.png')}").status_code == 404


def test_an_album_is_one_trace(page, send, until):
    send("obama.jpg", "rocket.jpg", "two_people.jpg", caption="friends")
    trace = until("trace", lambda trace: len(trace["photos"]) == 3 and found(trace))

    assert (trace["what"], trace["state"]) == ("album", "done")
    assert {"webhook", "queue", "recognise", "send"} <= set(stages(trace))
    assert [len(photo["faces"]) for photo in trace["photos"]] == [1, 0, 2]
    assert trace["photos"][0]["message_id"] == trace["message_id"]


def test_emotion_said_to_a_photo_is_told_as_that_photos_answer(page, send, until):
    send("rocket.jpg")
    asked = until("trace", lambda trace: trace["state"] == "done")["message_id"]
    httpx.post(f"{page.url}/text", json={"text": "/emotion", "reply_to": asked}).raise_for_status()
    trace = until("trace", lambda trace: trace["message_id"] != asked and trace["state"] == "done")

    assert trace["what"] == "photo"
    assert trace["total"] > 0
    assert [photo["message_id"] for photo in trace["photos"]] == [asked]


@pytest.mark.parametrize(
    ("text", "what", "last"),
    [("/help", "command", "webhook"), ("hello", "text", "webhook"), ("/about", "command", "queue")],
)
def test_what_is_no_photo_is_told_too(say, until, text, what, last):
    say(text)
    # The recognizer may be done before Telegram has the webhook's response.
    trace = until("trace", lambda trace: trace["state"] == "done" and "webhook" in stages(trace))

    assert trace["what"] == what
    assert stages(trace)[0] == "webhook"
    assert last in stages(trace)
    assert trace["total"] > 0
    assert trace["photos"] == []


@pytest.fixture
def notes(monkeypatch):
    """Every note that a trace had, in order."""
    seen, tell = [], module.Traces.tell

    def noted(self, trace):
        if trace.note and trace.note not in seen[-1:]:
            seen.append(trace.note)
        tell(self, trace)

    monkeypatch.setattr(module.Traces, "tell", noted)
    return seen


def test_an_update_that_the_webhook_refuses_says_when_it_comes_again(bot, say, until, monkeypatch, notes):
    invoke, failures = bot.webhook.invoke, []

    def fail_twice(event):
        if len(failures) < 2:
            failures.append(event)
            return {"statusCode": 503}
        return invoke(event)

    monkeypatch.setattr(bot.webhook, "invoke", fail_twice)
    say("/help")
    trace = until("trace", lambda trace: trace["state"] == "done")

    assert trace["attempts"] == 3
    assert notes == ["503, Telegram tries again at once", "503, Telegram tries again in 2 s"]


@pytest.mark.usefixtures("impatient")
def test_a_job_that_fails_says_why_and_when_it_comes_back_until_it_is_set_aside(
    send, until, monkeypatch, notes
):
    def fail(_self, _photo):
        raise RecognizerDied("signal 11")

    monkeypatch.setattr(RecognizerApart, "recognize", fail)
    send("obama.jpg")
    trace = until("trace", lambda trace: trace["state"] == "failed")

    assert trace["attempts"] == ATTEMPTS
    reason = str(RecognizerDied("signal 11"))
    assert trace["note"] == f"{reason}; set aside in the dead-letter queue after 5 attempts"
    assert notes == [
        *(f"{reason}; comes back in {seconds} s" for seconds in (10, 60, VISIBILITY_TIMEOUT, 0)),
        trace["note"],
    ]


def test_an_answer_that_telegram_does_not_take_is_told(telegram, bot, send, until):
    class Blocking(Watcher):
        def received(self, message):
            telegram.closed_chats[max(telegram.chats)] = "bot was blocked by the user"

    watcher = Blocking()
    bot.jobs.watchers.append(watcher)
    send("rocket.jpg")
    trace = until("trace", lambda trace: trace["state"] == "failed")
    bot.jobs.watchers.remove(watcher)

    assert trace["note"].startswith("Telegram does not take the answer: ")
    assert trace["total"] is None


def test_an_item_that_comes_after_its_albums_answer_has_a_trace_of_its_own(telegram, send, until):
    send("rocket.jpg", "obama.jpg")
    album = until("trace", lambda trace: trace["state"] == "done")
    chat_id = max(telegram.chats)
    first = telegram.messages[chat_id, album["message_id"]]
    late = telegram.add_message(
        chat_id, first["from"], {"photo": first["photo"], "media_group_id": first["media_group_id"]}
    )
    telegram.add_update(chat_id, {"message": late})
    trace = until("trace", lambda trace: trace["message_id"] == late["message_id"] and trace["model"])

    assert (trace["what"], trace["state"]) == ("photo", "done")
    assert [photo["message_id"] for photo in trace["photos"]] == [late["message_id"]]
    assert len(until("trace", lambda trace: trace["what"] == "album")["photos"]) == 2


def test_a_webhook_that_stays_away_for_a_day_is_given_up(telegram, bot, say, until, monkeypatch):
    monkeypatch.setattr(
        bot.webhook, "invoke", lambda _: {"statusCode": 503, "headers": {"Retry-After": "3600"}}
    )
    say("/help")
    trace = until("trace", lambda trace: trace["state"] == "failed")

    assert trace["note"] == "503: Telegram gives the update up"
    assert trace["attempts"] == 24


def test_old_traces_are_forgotten(say, until, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2)
    for command in ("/help", "/privacy", "/start"):
        say(command)
    last = until("message", lambda message: message.get("text") == "/start")["message_id"]
    until("trace", lambda trace: trace["message_id"] == last and trace["state"] == "done")
    seen = set()
    until("trace", lambda trace: seen.add(trace["message_id"]) or trace["message_id"] == last)

    assert len(seen) == 2
