"""What a person sends, and what the bot answers in the chat: the whole path over real HTTP."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from emotion_bot.chat.texts import texts
from playground.telegram import Person


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


@pytest.mark.parametrize("language", ["en", "ru", "de", "ru-RU"])
@pytest.mark.parametrize("command", ["start", "help", "privacy"])
def test_commands_are_answered_in_the_language_of_the_person(person, wait, language, command):
    person.language_code = language

    expected = texts("ru" if language.startswith("ru") else "en").reply(command)
    assert wait(person, person.send_text(f"/{command}"))["text"] == expected


def test_a_photo_is_answered_in_the_language_of_the_person(person, photos, wait):
    person.language_code = "ru"

    answer = wait(person, person.send_photo((photos / "obama.jpg").read_bytes()))

    assert answer["caption"] != ""
    assert "face" not in answer["caption"]


def test_a_text_is_answered_with_what_to_send(person, wait):
    assert wait(person, person.send_text("How are you?"))["text"] == texts("en").send_a_photo


def test_a_file_that_is_no_image_is_answered_with_what_to_send(bot, person, wait):
    update = person.send_file(b"%PDF-1.7 nothing to see", "letter.pdf")

    assert wait(person, update)["text"] == texts("en").send_a_photo
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
