"""What the webhook says at once."""

from __future__ import annotations

import pytest

from emotion_bot.chat.replies import reply
from emotion_bot.chat.texts import texts
from emotion_bot.chat.updates import CommandRequest, Ignored, OversizedPhoto, PhotoRequest, Unsupported
from emotion_bot.jobs import Origin, PhotoJob

PRIVATE = Origin(update_id=7, chat_id=5, message_id=3, language="en")
GROUP = Origin(update_id=7, chat_id=-5, message_id=3, thread_id=42, language="ru")


def test_a_photo_is_announced_in_its_topic():
    job = PhotoJob(**GROUP.model_dump(), file_id="F", file_unique_id="U")
    assert reply(PhotoRequest(job)) == {
        "method": "sendChatAction",
        "chat_id": -5,
        "message_thread_id": 42,
        "action": "upload_photo",
    }


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (CommandRequest("start", PRIVATE), texts("en").start),
        (CommandRequest(None, PRIVATE), texts("en").reply(None)),
        (Unsupported("voice", PRIVATE), texts("en").send_a_photo),
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


def test_nothing_is_said_where_nothing_was_asked():
    assert reply(Ignored("bot")) is None
