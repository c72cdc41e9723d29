"""Which update asks for what: the table of `chat/updates.py`, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.chat.updates import (
    CommandRequest,
    Ignored,
    MalformedUpdate,
    OversizedPhoto,
    PhotoRequest,
    Unsupported,
    parse,
)
from emotion_bot.jobs import PhotoJob

PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}
GROUP = {"id": -1005, "type": "supergroup", "title": "Group"}
ADA = {"id": 5, "is_bot": False, "first_name": "Ada", "language_code": "en"}
BOT = {"id": 6, "is_bot": True, "first_name": "Other", "username": "other_bot"}
MEGABYTE = 1 << 20


def update(chat=PRIVATE, sender=ADA, **content):
    message = {
        "message_id": 3,
        "date": 1,
        "chat": chat,
        **({} if sender is None else {"from": sender}),
        **content,
    }
    return {"update_id": 7, "message": message}


def size(width, height, file_size=1000):
    return {
        "file_id": f"{width}x{height}",
        "file_unique_id": "U",
        "width": width,
        "height": height,
        "file_size": file_size,
    }


def document(mime_type="image/png", file_size=1000):
    described = {"file_id": "D", "file_unique_id": "U", "file_size": file_size}
    return described | ({} if mime_type is None else {"mime_type": mime_type})


PHOTO = {"photo": [size(90, 60), size(320, 213)]}
FILE = {"file_id": "F", "file_unique_id": "U"}
OTHER = {
    "text": {"text": "How are you?"},
    "sticker": {
        "sticker": FILE
        | {"width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}
    },
    "voice": {"voice": FILE | {"duration": 1}},
    "audio": {"audio": FILE | {"duration": 1}},
    "video": {"video": FILE | {"duration": 1, "width": 1, "height": 1}},
    "video_note": {"video_note": FILE | {"duration": 1, "length": 1}},
    "document": {"document": document("application/pdf")},
    "location": {"location": {"latitude": 1.0, "longitude": 1.0}},
    "contact": {"contact": {"phone_number": "1", "first_name": "A"}},
    "dice": {"dice": {"value": 1, "emoji": "🎲"}},
    # These two set a second field, which must not decide.
    "animation": {
        "animation": FILE | {"duration": 1, "width": 1, "height": 1},
        "document": document("image/gif"),
    },
    "venue": {
        "venue": {"location": {"latitude": 1.0, "longitude": 1.0}, "title": "T", "address": "A"},
        "location": {"latitude": 1.0, "longitude": 1.0},
    },
}


@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
@pytest.mark.parametrize("content", [PHOTO, PHOTO | {"caption": "/start"}, {"document": document()}])
def test_photos_are_answered_everywhere(chat, content):
    request = parse(update(chat, **content))
    assert isinstance(request, PhotoRequest)
    assert request.job.chat_id == chat["id"]


def test_a_job_holds_ids_and_no_more():
    request = parse(update(photo=[size(90, 60, 77)], caption="on holiday"))
    assert request == PhotoRequest(
        PhotoJob(
            update_id=7,
            chat_id=5,
            message_id=3,
            language="en",
            file_id="90x60",
            file_unique_id="U",
            file_size=77,
        )
    )


@pytest.mark.parametrize(
    ("sides", "chosen"),
    [
        ([(90, 60)], "90x60"),
        ([(90, 60), (320, 213), (800, 533), (1280, 853), (2560, 1707)], "1280x853"),
        ([(60, 90), (533, 800), (853, 1280), (1707, 2560)], "853x1280"),
        ([(90, 60), (320, 213), (800, 533)], "800x533"),
        ([(2560, 1707), (90, 60), (1280, 853)], "1280x853"),
        ([(90, 60), (1281, 853)], "1281x853"),
    ],
)
def test_the_smallest_size_that_loses_nothing_is_fetched(sides, chosen):
    assert parse(update(photo=[size(*side) for side in sides])).job.file_id == chosen


@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/heic", "IMAGE/PNG"])
def test_a_picture_sent_as_a_file_is_a_photo(mime_type):
    assert parse(update(document=document(mime_type))).job.file_id == "D"


def test_a_file_of_no_kind_is_no_photo():
    assert parse(update(document=document(None))).kind == "document"


@pytest.mark.parametrize("chat", [PRIVATE, GROUP])
def test_what_a_bot_cannot_fetch_is_said_at_once(chat):
    assert isinstance(parse(update(chat, document=document(file_size=20 * MEGABYTE + 1))), OversizedPhoto)
    assert isinstance(parse(update(chat, document=document(file_size=20 * MEGABYTE))), PhotoRequest)


@pytest.mark.parametrize("kind", OTHER)
def test_other_things_get_a_sentence_in_private_and_silence_in_groups(kind):
    private = parse(update(**OTHER[kind]))
    assert isinstance(private, Unsupported)
    assert private.kind == kind
    assert isinstance(parse(update(GROUP, **OTHER[kind])), Ignored)


@pytest.mark.parametrize(
    ("text", "private", "group"),
    [
        ("/start", "start", "start"),
        ("/START", "start", "start"),
        ("/start deep-link", "start", "start"),
        ("/help\nplease", "help", "help"),
        ("/privacy@Our_Bot", "privacy", "privacy"),
        ("/privacy@other_bot", "privacy", Ignored),
        ("/dance", None, Ignored),
        ("/dance@our_bot", None, None),
        ("/dance@other_bot", None, Ignored),
        ("/", Unsupported, Ignored),
        ("/start!", Unsupported, Ignored),
        ("see /start", Unsupported, Ignored),
    ],
)
def test_commands(text, private, group):
    for chat, expected in ((PRIVATE, private), (GROUP, group)):
        request = parse(update(chat, text=text), bot_name="our_bot")
        if isinstance(expected, type):
            assert isinstance(request, expected)
        else:
            assert isinstance(request, CommandRequest)
            assert request.name == expected


def test_a_bot_that_does_not_know_its_name_takes_every_command_for_its_own():
    assert parse(update(GROUP, text="/help@some_bot")).name == "help"


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ru", "ru"),
        ("ru-RU", "ru"),
        ("RU", "ru"),
        ("ru_RU", "ru"),
        ("en", "en"),
        ("de", "en"),
        ("rue", "en"),
        (None, "en"),
    ],
)
def test_the_senders_language(tag, language):
    sender = ADA | {"language_code": tag}
    assert parse(update(sender=sender, text="/start")).origin.language == language


def test_a_topic_is_answered_in_the_topic_but_a_thread_of_replies_is_none():
    assert parse(update(GROUP, message_thread_id=42, is_topic_message=True, **PHOTO)).job.thread_id == 42
    assert parse(update(GROUP, message_thread_id=42, **PHOTO)).job.thread_id is None


@pytest.mark.parametrize(
    ("sender", "extra"),
    [
        ({"id": 1087968824, "is_bot": True, "first_name": "Group"}, {"sender_chat": GROUP}),
        (None, {"sender_chat": GROUP}),
    ],
)
def test_an_anonymous_admin_is_answered(sender, extra):
    assert isinstance(parse(update(GROUP, sender, **PHOTO, **extra)), PhotoRequest)


@pytest.mark.parametrize(
    "ignored",
    [
        update(new_chat_members=[ADA]),
        update(GROUP, pinned_message={"message_id": 1, "date": 0, "chat": GROUP}),
        update(sender=BOT, **PHOTO),
        update(GROUP, BOT, **PHOTO),
        update(GROUP, is_automatic_forward=True, sender_chat={"id": -9, "type": "channel"}, **PHOTO),
        update({"id": -9, "type": "channel", "title": "C"}, **PHOTO),
        {"update_id": 7, "edited_message": update(**PHOTO)["message"]},
        {"update_id": 7, "channel_post": update(**PHOTO)["message"]},
        {"update_id": 7, "callback_query": {"id": "1"}},
        {"update_id": 7},
    ],
)
def test_ignored(ignored):
    assert isinstance(parse(ignored), Ignored)


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        [],
        "update",
        {},
        {"update_id": "7"},
        {"update_id": True},
        {"update_id": 7, "message": None},
        {"update_id": 7, "message": []},
        {"update_id": 7, "message": {"text": "heart of gold"}},
        update(**PHOTO) | {"update_id": 2**70},
        update({"id": "heart of gold", "type": "private"}, text="heart of gold"),
        update(photo=[{"file_id": "heart of gold"}]),
        update(photo=[size(90, 60) | {"file_id": "heart of gold"}]),
        update(photo=[size(90, 60) | {"file_id": "x" * 513}]),
        update(date="heart of gold", text="heart of gold"),
    ],
)
def test_malformed_without_quoting_it(malformed):
    with pytest.raises(MalformedUpdate) as caught:
        parse(malformed)
    assert "heart of gold" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5), max_size=3))
def test_fields_that_are_not_known_yet_do_no_harm(extra):
    message = update(**PHOTO)
    message["message"] = {f"new_{key}": value for key, value in extra.items()} | message["message"]
    assert isinstance(parse(message), PhotoRequest)
