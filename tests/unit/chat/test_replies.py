"""What the webhook says at once."""

from __future__ import annotations

import json

import pytest

from emotion_bot.chat.buttons import ChoseLanguage, FaceDetails, SaidWrong, read
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.replies import reply
from emotion_bot.chat.requests import (
    AlbumRequest,
    CommandRequest,
    OversizedPhoto,
    PhotoRequest,
    Press,
    Unsupported,
)
from emotion_bot.chat.texts import COMMANDS, LANGUAGES, texts
from emotion_bot.jobs import AlbumItem, AlbumJob, Origin, PhotoJob

PRIVATE = Origin(update_id=7, chat_id=5, message_id=3, language="en")
GROUP = Origin(update_id=7, chat_id=-5, message_id=3, thread_id=42, language="ru")
FACE = SeenFace(("sad", "neutral"), {"happy": 0.1, "sad": 0.5, "neutral": 0.4}, (60, 80))

JOB = PhotoJob(**GROUP.model_dump(), file_id="F", file_unique_id="U")
ALBUM = AlbumRequest(
    AlbumJob(**GROUP.model_dump(), album_id="A"), AlbumItem(message_id=3, file_id="F"), PhotoRequest(JOB)
)


@pytest.mark.parametrize(
    ("request_", "action"),
    [
        (PhotoRequest(JOB), "upload_photo"),
        (ALBUM, "upload_photo"),
        (CommandRequest("about", GROUP), "typing"),
    ],
)
def test_what_takes_a_moment_is_announced_in_its_topic(request_, action):
    assert reply(request_) == {
        "method": "sendChatAction",
        "chat_id": -5,
        "message_thread_id": 42,
        "action": action,
    }


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (CommandRequest("start", PRIVATE), texts("en").start),
        (CommandRequest("help", PRIVATE), texts("en").help),
        (CommandRequest("privacy", PRIVATE), texts("en").privacy),
        (CommandRequest("emotion", PRIVATE), texts("en").emotion_usage),
        (CommandRequest("delete", PRIVATE), texts("en").deleted),
        (CommandRequest(None, PRIVATE), texts("en").reply(None)),
        (Unsupported("voice", PRIVATE), texts("en").unsupported("voice")),
        (OversizedPhoto(PRIVATE), texts("en").oversized),
    ],
)
def test_in_private_a_sentence_is_enough(request_, sentence):
    assert reply(request_) == {"method": "sendMessage", "chat_id": 5, "text": sentence}


def test_in_a_group_it_is_plain_who_is_answered():
    assert reply(CommandRequest("privacy", GROUP)) == {
        "method": "sendMessage",
        "chat_id": -5,
        "message_thread_id": 42,
        "text": texts("ru").privacy,
        "reply_parameters": {"message_id": 3, "allow_sending_without_reply": True},
    }


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_answered_in_every_language(name, language):
    call = reply(CommandRequest(name, PRIVATE).spoken(language))
    assert call["method"] in {"sendMessage", "sendChatAction"}
    assert len(call.get("text", "").encode("utf-16-le")) // 2 <= 4096


def test_the_question_for_a_language_comes_with_its_buttons():
    call = json.loads(json.dumps(reply(CommandRequest("language", PRIVATE))))
    assert call["text"] == texts("en").language_question
    buttons = [button for row in call["reply_markup"]["inline_keyboard"] for button in row]
    assert [read(button["callback_data"]) for button in buttons] == [
        *(ChoseLanguage(language) for language in LANGUAGES),
        ChoseLanguage(None),
    ]


@pytest.mark.parametrize(
    ("button", "text"),
    [
        (FaceDetails(2, 3, FACE), texts("ru").details(2, 3, FACE)),
        (SaidWrong(), texts("ru").counted),
        (ChoseLanguage("uk"), texts("uk").language_chosen),
        (ChoseLanguage(None), texts("ru").language_chosen),
    ],
)
def test_a_press_is_answered_with_an_alert(button, text):
    call = reply(Press("77", button, GROUP))
    assert (call["method"], call["callback_query_id"]) == ("answerCallbackQuery", "77")
    assert (call["text"], call["show_alert"]) == (text, True)
    assert "chat_id" not in call


def test_one_person_counts_an_answer_as_wrong_once_a_day():
    """Their app remembers what it was answered, and does not ask again."""
    assert reply(Press("77", SaidWrong(), PRIVATE))["cache_time"] == 24 * 3600
    assert "cache_time" not in reply(Press("77", ChoseLanguage("de"), PRIVATE))


def test_an_app_that_presses_what_is_no_button_does_not_wait_for_ever():
    assert reply(Press("77", None, PRIVATE)) == {"method": "answerCallbackQuery", "callback_query_id": "77"}
