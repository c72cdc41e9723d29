"""A job in, an answer out: what is sent for which photo, and for which album."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from types import SimpleNamespace

import httpx
import pytest

from emotion_bot.answer import about, answer, answer_album
from emotion_bot.chat.buttons import under_answer
from emotion_bot.chat.constants import Limit
from emotion_bot.chat.errors import TryAgain, Undeliverable
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AboutJob, AlbumItem, AlbumJob, PhotoJob
from emotion_bot.vision import PhotoTooLarge, Recognition, UnreadablePhoto
from tests.unit.fakes import API, TOKEN, FakeBotApi, FakeModel, FakeRecognizer, face, seen

JOB = PhotoJob(update_id=7, chat_id=5, message_id=3, language="en", file_id="photo", file_unique_id="U")
RUSSIAN = JOB.model_copy(update={"language": "ru"})


ALBUM = AlbumJob(update_id=7, chat_id=5, message_id=3, language="en", album_id="A")
SAD, HAPPY = face("sad", 0.7), face("happy", 0.93)


@pytest.fixture
def api():
    return FakeBotApi()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """What fails, fails at the first try; how often it is tried, `chat` tests."""
    monkeypatch.setattr("emotion_bot.chat.telegram._PAUSES", ())


def telling(api, work):
    """Run `work(telegram)` with a Telegram that talks to the fake one."""

    async def use():
        telegram = Telegram(TOKEN, API, transport=api)
        try:
            return await work(telegram)
        finally:
            await telegram.close()

    return asyncio.run(use())


def run(api, recognizer, job=JOB, photo=None):
    return telling(api, lambda telegram: answer(job, telegram, FakeModel(recognizer), photo))


def keyboard(faces, language="en"):
    return json.loads(under_answer(faces, texts(language)).to_json())


def test_faces_are_drawn_and_listed(api):
    recognizer = FakeRecognizer(HAPPY, SAD)
    answered = run(api, recognizer)
    assert recognizer.photos == [b"pixels"]
    assert api.sent("sendPhoto")["caption"] == texts("en").caption(seen(HAPPY, SAD))
    assert api.uploads[0].startswith(b"\xff\xd8\xff")
    assert answered.faces == 2
    assert set(answered.milliseconds) == {"download", "wait", "recognise", "send"}


@pytest.mark.parametrize("faces", [[HAPPY], [HAPPY, SAD]], ids=["one", "two"])
def test_buttons_tell_more_of_each_face(api, faces):
    run(api, FakeRecognizer(*faces), RUSSIAN)
    assert json.loads(api.sent("sendPhoto")["reply_markup"]) == keyboard(seen(*faces), "ru")


def test_faces_that_were_too_many_are_told_of(api, monkeypatch):
    recognize = FakeRecognizer(face(), face()).recognize
    crowd = FakeRecognizer()
    monkeypatch.setattr(crowd, "recognize", lambda photo: dataclasses.replace(recognize(photo), more=12))
    answered = run(api, crowd)
    assert api.sent("sendPhoto")["caption"] == texts("en").caption(seen(HAPPY, HAPPY), more=12)
    assert answered.faces == 2


def test_what_the_model_made_of_each_photo_is_noted(api):
    unsure = face(score=0.4, hard_to_tell=True)
    answered = run(api, FakeRecognizer(HAPPY, unsure, face(hard_to_tell=True, too_small=True)))
    (look,) = answered.looks
    assert (look.model, look.faces, look.unsure) == ("test-1", 3, 1)
    assert look.milliseconds == answered.milliseconds["recognise"]


def test_a_photo_that_is_on_its_way_is_not_fetched_again(api):
    async def photo():
        return b"on its way"

    recognizer = FakeRecognizer(face())
    run(api, recognizer, photo=photo())
    assert recognizer.photos == [b"on its way"]
    assert api.methods == ["sendPhoto"]


@pytest.mark.parametrize("job", [JOB, RUSSIAN], ids=["en", "ru"])
def test_picture_and_caption_say_the_same_in_the_senders_language(api, monkeypatch, job):
    drawn, words = [], texts(job.language)
    monkeypatch.setattr(Recognition, "annotate", lambda self, labels: drawn.extend(labels) or b"jpeg")
    faces = (HAPPY, face("neutral", 0.4, hard_to_tell=True), face(too_small=True))
    run(api, FakeRecognizer(*faces), job)
    assert drawn == [words.label(face) for face in seen(*faces)]
    assert api.sent("sendPhoto")["caption"] == words.caption(seen(*faces))


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


class TestAlbum:
    """Photos of which the fake recognizer sees what their content says."""

    items = tuple(AlbumItem(message_id=number, file_id=f"file{number}") for number in (3, 4, 5))

    @pytest.fixture(autouse=True)
    def files(self, api):
        api.files |= {f"file{number}": f"pixels{number}".encode() for number in range(3, 13)}

    @pytest.fixture
    def recognizer(self):
        recognizer = FakeRecognizer()
        recognizer.other = {b"pixels3": [HAPPY, SAD], b"pixels5": [SAD]}
        return recognizer

    @staticmethod
    def answer(api, recognizer, items=items, places=4, *, patience=10.0, is_last=False):
        return telling(
            api,
            lambda telegram: answer_album(
                ALBUM,
                items,
                telegram,
                FakeModel(recognizer),
                asyncio.Semaphore(places),
                patience=patience,
                is_last=is_last,
            ),
        )

    @staticmethod
    def pictures(recognizer, *contents):
        """What the recognizer would have drawn."""
        photos, label = map(recognizer.recognize, contents), texts("en").label
        return [photo.annotate([label(face) for face in seen(*photo.faces)]) for photo in photos]

    @staticmethod
    def caption(*pictures):
        return texts("en").album_caption(list(pictures))

    def test_the_answer_is_one_album_with_one_caption(self, api, recognizer):
        answered = self.answer(api, recognizer)
        sending = [method for method in api.methods if method.startswith("send")]
        assert sending == ["sendMediaGroup"]
        media = json.loads(api.sent("sendMediaGroup")["media"])
        assert media[0]["caption"] == self.caption(seen(HAPPY, SAD), [], seen(SAD))
        assert json.loads(api.sent("sendMediaGroup")["reply_parameters"])["message_id"] == 3
        assert (answered.photos, answered.faces, answered.lost) == (3, 3, [])
        assert [look.faces for look in answered.looks] == [2, 0, 1]

    def test_every_photo_is_shown_in_the_order_of_the_album(self, api, recognizer):
        first_is_last = asyncio.Event()
        fetched = []

        async def in_another_order():
            fetched.append(api.calls[-1])
            if len(fetched) == 3:
                first_is_last.set()
            if api.calls[-1] == ("download", {"path": "file3"}):
                await first_is_last.wait()

        api.meanwhile["download"] = in_another_order
        self.answer(api, recognizer)
        assert recognizer.photos[-1] == b"pixels3"
        assert api.uploads == self.pictures(recognizer, b"pixels3", b"pixels4", b"pixels5")

    def test_stages_sum_to_the_time_it_took(self, api, recognizer):
        assert set(self.answer(api, recognizer).milliseconds) == {"download", "recognise", "send"}

    @pytest.mark.parametrize(
        ("spoil", "refusal"),
        [
            (lambda api, seen: seen.update({b"pixels4": UnreadablePhoto()}), "unreadable"),
            (lambda api, seen: seen.update({b"pixels4": PhotoTooLarge("12 MP")}), "too_many_pixels"),
            (lambda api, seen: api.files.update(file4=bytes(Limit.DOWNLOAD_BYTES + 1)), "oversized"),
        ],
        ids=["unreadable", "too_many_pixels", "oversized"],
    )
    def test_what_cannot_be_read_is_named_in_the_caption(self, api, recognizer, spoil, refusal):
        spoil(api, recognizer.other)
        answered = self.answer(api, recognizer)
        media = json.loads(api.sent("sendMediaGroup")["media"])
        assert [item.get("caption") for item in media] == [
            self.caption(seen(HAPPY, SAD), refusal, seen(SAD)),
            None,
        ]
        assert (answered.photos, answered.faces, answered.lost) == (2, 3, [])

    def test_an_item_that_is_no_photo_is_named_and_not_fetched(self, api, recognizer):
        video = AlbumItem(message_id=4, refusal="unsupported")
        self.answer(api, recognizer, (self.items[0], video, self.items[2]))
        media = json.loads(api.sent("sendMediaGroup")["media"])
        assert media[0]["caption"] == self.caption(seen(HAPPY, SAD), "unsupported", seen(SAD))
        assert api.methods.count("getFile") == 2

    def test_the_only_one_that_can_be_shown_is_an_ordinary_photo(self, api, recognizer):
        video = AlbumItem(message_id=6, refusal="unsupported")
        answered = self.answer(api, recognizer, (self.items[0], video))
        call = api.sent("sendPhoto")
        assert call["caption"] == self.caption(seen(HAPPY, SAD), "unsupported")
        assert json.loads(call["reply_markup"]) == keyboard(seen(HAPPY, SAD))
        assert answered.photos == 1

    def test_without_any_face_one_sentence_is_sent(self, api):
        answered = self.answer(api, FakeRecognizer())
        assert [method for method in api.methods if method.startswith("send")] == ["sendMessage"]
        assert api.sent("sendMessage")["text"] == self.caption([], [], [])
        assert (answered.photos, answered.faces) == (3, 0)

    def test_with_nothing_that_can_be_read_one_sentence_is_sent(self, api):
        answered = self.answer(api, FakeRecognizer(error=UnreadablePhoto()))
        assert api.sent("sendMessage")["text"] == self.caption(*["unreadable"] * 3)
        assert (answered.photos, answered.faces) == (0, None)

    def test_a_photo_that_came_alone_is_answered_as_any(self, api, recognizer):
        self.answer(api, recognizer, self.items[2:])
        assert api.sent("sendPhoto")["caption"] == texts("en").caption(seen(SAD))

    @pytest.mark.parametrize("refusal", ["oversized", "unsupported"])
    def test_a_refused_item_that_came_alone_is_refused_as_any(self, api, refusal):
        self.answer(api, FakeRecognizer(), [AlbumItem(message_id=3, refusal=refusal)])
        assert api.sent("sendMessage")["text"] == texts("en").refused(refusal)

    def test_only_some_files_are_in_memory_at_one_time(self, api, recognizer):
        items = [AlbumItem(message_id=number, file_id=f"file{number}") for number in range(3, 13)]
        held, most = set(), 0

        async def hold():
            nonlocal most
            held.add(api.calls[-1][1]["path"])
            most = max(most, len(held))

        recognize = recognizer.recognize

        def let_go(photo):
            held.discard(photo.decode().replace("pixels", "file"))
            return recognize(photo)

        recognizer.recognize = let_go
        api.meanwhile["download"] = hold
        self.answer(api, recognizer, items, places=3)
        assert len(recognizer.photos) == 10
        assert most <= 3  # that several come at one time, the next test shows

    def test_photos_are_fetched_together(self, api, recognizer):
        together = asyncio.Barrier(3)
        api.meanwhile["download"] = together.wait
        assert self.answer(api, recognizer, places=3).photos == 3

    def test_when_a_photo_does_not_come_the_album_comes_back_soon(self, api, recognizer):
        api.fail("download", 500)
        with pytest.raises(TryAgain, match="1 of an album: Telegram answers 500") as caught:
            self.answer(api, recognizer)
        assert caught.value.retry_after == 5
        assert not [method for method in api.methods if method.startswith("send")]

    def test_it_comes_back_no_sooner_than_telegram_says(self, api, recognizer):
        api.fail("getFile", 429, retry_after=17)
        with pytest.raises(TryAgain) as caught:
            self.answer(api, recognizer)
        assert caught.value.retry_after == 17

    def test_on_the_last_attempt_the_others_are_answered(self, api, recognizer):
        api.answers["getFile"] = [httpx.ConnectError("no route")]
        answered = self.answer(api, recognizer, places=1, is_last=True)
        media = json.loads(api.sent("sendMediaGroup")["media"])
        assert media[0]["caption"] == self.caption("unavailable", [], seen(SAD))
        assert len(media) == 2
        (lost,) = answered.lost
        assert isinstance(lost, TryAgain)

    def test_what_takes_too_long_is_left_out(self, api, recognizer):
        async def outlast_the_others_if_first():
            if api.calls[-1][1] == {"path": "file3"}:
                loop = asyncio.get_running_loop()
                while len(asyncio.all_tasks()) > 2:  # noqa: ASYNC110 - this, and what awaits the answer
                    await asyncio.sleep(0)
                clock = loop.time
                loop.time = lambda: clock() + 6
                await asyncio.Event().wait()

        api.meanwhile["download"] = outlast_the_others_if_first
        answered = self.answer(api, recognizer, patience=5, is_last=True)
        media = json.loads(api.sent("sendMediaGroup")["media"])
        assert media[0]["caption"] == self.caption("unavailable", [], seen(SAD))
        assert str(*answered.lost) == "a photo did not come in time"

    def test_a_photo_that_nothing_can_be_done_with_does_not_hold_back_the_others(self, api, recognizer):
        recognizer.other[b"pixels4"] = ZeroDivisionError()
        answered = self.answer(api, recognizer)
        media = json.loads(api.sent("sendMediaGroup")["media"])
        assert media[0]["caption"] == self.caption(seen(HAPPY, SAD), "unavailable", seen(SAD))
        assert [type(error) for error in answered.lost] == [ZeroDivisionError]

    @pytest.mark.parametrize("is_last", [False, True])
    def test_when_no_photo_comes_the_attempt_fails(self, api, recognizer, is_last):
        for _ in self.items:
            api.fail("getFile", 500)
        with pytest.raises(TryAgain) as caught:
            self.answer(api, recognizer, is_last=is_last)
        assert caught.value.retry_after is None
        assert not [method for method in api.methods if method.startswith("send")]

    def test_an_album_that_telegram_does_not_take_is_left_to_the_caller(self, api, recognizer):
        api.fail("sendMediaGroup", 429, retry_after=30)
        with pytest.raises(TryAgain):
            self.answer(api, recognizer)
        assert [method for method in api.methods if method.startswith("send")] == ["sendMediaGroup"]

    def test_when_it_is_broken_off_nothing_goes_on(self, api, recognizer):
        started = asyncio.Event()

        async def hang():
            started.set()
            await asyncio.Event().wait()

        api.meanwhile["download"] = hang

        async def break_off(telegram):
            places = asyncio.Semaphore(4)
            work = asyncio.create_task(
                answer_album(
                    ALBUM, self.items, telegram, FakeModel(recognizer), places, patience=10.0, is_last=True
                )
            )
            await started.wait()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            return asyncio.all_tasks() - {asyncio.current_task()}

        assert telling(api, break_off) == set()


@pytest.mark.parametrize(
    ("metrics", "figures"),
    [
        ({"private_test": {"leak_free_accuracy": 0.839, "leak_free_rows": 2029}}, (0.839, 2029)),
        ({"private_test": {}}, (None, None)),
        ({}, (None, None)),
    ],
)
@pytest.mark.parametrize("language", ["en", "uk"])
def test_about_tells_the_model_and_its_figures_on_faces_that_it_never_saw(api, metrics, figures, language):
    job = AboutJob(update_id=7, chat_id=5, message_id=3, language=language)
    manifest = SimpleNamespace(version="2026.11.22", metrics=metrics)
    trial = ("2027.01.01", 10)
    answered = telling(api, lambda telegram: about(job, telegram, manifest, trial))
    assert api.sent("sendMessage")["text"] == texts(language).about("2026.11.22", *figures, trial)
    assert set(answered.milliseconds) == {"send"}
