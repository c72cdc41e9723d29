"""What a person sends, and what the bot answers in the chat: the whole path over real HTTP."""

from __future__ import annotations

import json
import struct
import zlib

import cv2
import numpy as np
import pytest

from emotion_bot.chat.texts import LANGUAGES, texts
from playground.telegram import Person
from playground.telegram.groups import Group

PATIENCE = 60
"""Seconds that a test waits for what must come; it comes in one or two."""


def png_of(width: int, height: int) -> bytes:
    """A small file that claims to be a picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def picture(telegram, answer) -> np.ndarray:
    content = telegram.files[answer["photo"][-1]["file_id"]].content
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def test_a_photo_comes_back_annotated(telegram, bot, person, photos, wait):
    update = person.send_photo((photos / "two_people.jpg").read_bytes())
    answer = wait(person, update)

    assert answer["caption"].startswith("2 faces, from left to right:\n1. ")
    assert answer["reply_to_message"]["message_id"] == update["message"]["message_id"]
    assert bot.faces(update) == 2
    sent, annotated = picture(telegram, update["message"]), picture(telegram, answer)
    assert annotated.shape == sent.shape
    changed = (cv2.absdiff(sent, annotated).max(axis=2) > 60).mean()
    assert 0.01 < changed < 0.5


def test_while_it_works_it_shows_that_a_photo_is_coming(telegram, person, photos, wait):
    wait(person, person.send_photo((photos / "obama.jpg").read_bytes()))

    seen = [event for event in telegram.events if person.chat_id == event.get("chat_id", person.chat_id)]
    assert {"action": "upload_photo"}.items() <= seen[-2].items()


def test_photos_that_come_together_are_each_answered_once(telegram, bot, photos):
    people = [Person(telegram) for _ in range(3)]
    names = ["obama.jpg", "two_people.jpg", "rocket.jpg"]
    updates = [[person.send_photo((photos / name).read_bytes()) for name in names] for person in people]
    with telegram.changed:
        assert telegram.changed.wait_for(lambda: all(len(person.answers()) == 3 for person in people), 60)
    for person, sent in zip(people, updates, strict=True):
        answered = [answer["reply_to_message"]["message_id"] for answer in person.answers()]
        assert sorted(answered) == [update["message"]["message_id"] for update in sent]
        assert [bot.faces(update) for update in sent] == [1, 2, 0]


@pytest.mark.parametrize("name", ["chelsea.png", "rocket.jpg"])
def test_without_a_face_it_says_so(bot, person, photos, wait, name):
    update = person.send_photo((photos / name).read_bytes())

    assert wait(person, update)["text"] == texts("en").no_face
    assert bot.faces(update) == 0


def test_a_photo_sent_as_a_file_is_a_photo(bot, person, photos, wait):
    update = person.send_document((photos / "astronaut.png").read_bytes(), "astronaut.png")

    assert wait(person, update)["caption"].startswith("This face ")
    assert bot.faces(update) == 1


@pytest.mark.parametrize("mime_type", ["image/jpeg", "application/octet-stream", ""])
def test_a_file_is_a_photo_by_its_type_or_by_its_name(bot, person, photos, wait, mime_type):
    update = person.send_document((photos / "obama.jpg").read_bytes(), "obama.JPG", mime_type)

    assert "caption" in wait(person, update)
    assert bot.faces(update) == 1


def test_a_sticker_that_does_not_move_is_a_photo(bot, person, photos, wait):
    pixels = cv2.imread(str(photos / "obama.jpg"))
    _, webp = cv2.imencode(".webp", cv2.resize(pixels, (512, 512)))
    update = person.send_sticker(webp.tobytes())

    assert "caption" in wait(person, update)
    assert bot.faces(update) == 1


def test_a_forwarded_photo_is_a_photo(bot, telegram, person, photos, wait):
    sent = person.send_photo((photos / "obama.jpg").read_bytes())
    wait(person, sent)
    other = Person(telegram)
    update = other.forward(sent["message"])

    assert "caption" in wait(other, update)
    assert bot.faces(update) == 1


@pytest.fixture
def member(telegram, person, wait):
    """The person, in a group with topics where the bot has said hello."""
    group = Group(telegram, forum=True)
    member = person.in_group(group)
    greeting = wait(member, group.add_bot(by={"id": 1, "is_bot": False, "first_name": "Ada"}))
    assert greeting["text"] == texts("en").start
    return member


def test_in_a_group_a_photo_that_names_the_bot_is_answered_in_its_topic(telegram, member, photos, wait):
    name, before = telegram.bot["username"], len(member.answers())
    member.send_photo((photos / "rocket.jpg").read_bytes(), thread_id=7)  # people talk to each other
    update = member.send_photo((photos / "obama.jpg").read_bytes(), caption=f"@{name} hm?", thread_id=7)

    answer = wait(member, update)

    assert answer["reply_to_message"]["message_id"] == update["message"]["message_id"]
    assert answer["message_thread_id"] == 7
    assert member.answers()[before:] == [answer]


def test_in_a_group_a_command_answers_the_photo_that_it_replies_to(bot, member, photos, wait):
    photo = member.send_photo((photos / "two_people.jpg").read_bytes())["message"]
    update = member.send_text("/emotion", reply_to=photo)

    answer = wait(member, update)

    assert answer["reply_to_message"]["message_id"] == photo["message_id"]
    assert bot.faces(update) == 2


@pytest.mark.parametrize("command", ["start", "help", "privacy"])
@pytest.mark.parametrize(
    ("app", "language"),
    [*((language, language) for language in LANGUAGES), ("pt-BR", "pt"), ("ja", "en")],
)
def test_commands_are_answered_in_the_language_of_the_person(person, wait, app, language, command):
    person.language_code = app

    assert wait(person, person.send_text(f"/{command}"))["text"] == texts(language).reply(command)


@pytest.mark.parametrize("language", ["ru", "de"])
def test_a_photo_is_answered_in_the_language_of_the_person(person, photos, wait, language):
    person.language_code = language

    answer = wait(person, person.send_photo((photos / "obama.jpg").read_bytes()))

    assert "face" not in answer["caption"]
    wrong = answer["reply_markup"]["inline_keyboard"][-1][-1]
    assert wrong["text"] == texts(language).wrong_button


def test_about_tells_the_version_of_the_model_that_answers(store, person, wait):
    version = json.loads((store / "current.json").read_text())["version"]

    assert version in wait(person, person.send_text("/about"))["text"]


def buttons(answer):
    return {
        button["text"]: button["callback_data"]
        for row in answer["reply_markup"]["inline_keyboard"]
        for button in row
    }


def test_buttons_tell_more_of_a_face_and_take_a_complaint(person, photos, wait):
    words = texts("en")
    answer = wait(person, person.send_photo((photos / "two_people.jpg").read_bytes()))
    assert [*buttons(answer)] == ["1", "2", words.wrong_button]

    alert = person.wait_for_alert(person.press(answer, buttons(answer)["2"]), PATIENCE)
    assert alert["show_alert"]
    assert "2" in alert["text"]
    assert "%" in alert["text"]

    alert = person.wait_for_alert(person.press(answer, buttons(answer)[words.wrong_button]), PATIENCE)
    assert alert["text"] == words.counted


def test_a_chosen_language_is_spoken_until_it_is_deleted(person, photos, wait):
    question = wait(person, person.send_text("/language"))
    alert = person.wait_for_alert(person.press(question, buttons(question)["Deutsch"]), PATIENCE)
    assert alert["text"] == texts("de").language_chosen

    photo = (photos / "rocket.jpg").read_bytes()
    assert wait(person, person.send_photo(photo))["text"] == texts("de").no_face
    assert wait(person, person.send_text("/delete"))["text"] in {texts("de").deleted, texts("en").deleted}
    assert wait(person, person.send_photo(photo))["text"] == texts("en").no_face


@pytest.mark.parametrize("kind", ["video", "voice", "animation", "location", "poll"])
def test_what_is_no_photo_is_answered_with_what_to_send(person, wait, kind):
    assert wait(person, person.send_other(kind))["text"] == texts("en").unsupported(kind)


def test_a_text_is_answered_with_what_to_send(person, wait):
    assert wait(person, person.send_text("How are you?"))["text"] == texts("en").unsupported("text")


def test_a_file_that_is_no_image_is_answered_with_what_to_send(bot, person, wait):
    update = person.send_file(b"%PDF-1.7 nothing to see", "letter.pdf")

    assert wait(person, update)["text"] == texts("en").unsupported("document")
    assert bot.faces(update) is None


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (bytes(range(256)) * 40, "noise.jpg", "unreadable"),
        (png_of(30_000, 30_000), "bomb.png", "too_many_pixels"),
        (b"\xff\xd8\xff" + bytes(20 << 20), "huge.jpg", "oversized"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_with_what_to_do(bot, person, wait, content, name, sentence):
    update = person.send_file(content, name)

    assert "document" in update["message"]
    assert wait(person, update)["text"] == getattr(texts("en"), sentence)
    assert bot.faces(update) is None
