"""What the emulator lets a bot send: albums, buttons and answers to them, messages in topics."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import telegram as library
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest, Forbidden

from playground.telegram import Group
from playground.telegram.emulator import QUERY_LIFETIME


def jpeg(width: int = 64, height: int = 48) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width), 127, np.uint8))[1].tobytes()


def keyboard(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(item, callback_data=item) for item in data]])


def test_an_album_is_several_messages_of_one_group(ask, world, someone):
    asked = someone.send_text("show me")["message"]["message_id"]
    media = [InputMediaPhoto(jpeg(), caption="all of them"), InputMediaPhoto(jpeg()), InputMediaPhoto(jpeg())]

    sent = ask(
        lambda bot: bot.send_media_group(
            someone.chat_id, media, reply_parameters=library.ReplyParameters(asked)
        )
    )

    assert [message.caption for message in sent] == ["all of them", None, None]
    assert len({message.media_group_id for message in sent}) == 1
    assert sent[0].media_group_id
    assert [message.reply_to_message.message_id for message in sent] == [asked] * 3
    assert [message["message_id"] for message in someone.answers()] == [
        message.message_id for message in sent
    ]


def test_an_album_of_one_is_an_ordinary_message(ask, someone):
    (sent,) = ask(lambda bot: bot.send_media_group(someone.chat_id, [InputMediaPhoto(jpeg())]))

    assert sent.media_group_id is None


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ([jpeg()] * 11, "too many messages to send as an album"),
        ([jpeg(), b"no photo"], 'failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"'),
        (["attach", jpeg()], "media not found"),
        ([{"caption": "x" * 1025}], "caption is too long"),
        (["document"], 'type "document" is unsupported'),
    ],
)
def test_an_album_is_sent_whole_or_not_at_all(ask, world, someone, media, reason):
    made = {
        "attach": InputMediaPhoto("attach://nothing"),
        "document": InputMediaDocument(jpeg(), filename="a.jpg"),
    }
    items = [
        InputMediaPhoto(jpeg(), **item)
        if isinstance(item, dict)
        else InputMediaPhoto(item)
        if isinstance(item, bytes)
        else made[item]
        for item in media
    ]
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        ask(lambda bot: bot.send_media_group(someone.chat_id, items))
    assert someone.answers() == []
    assert world.files == {}


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        (None, 'parameter "media" is required'),
        ("[]", "there are no messages to send"),
        ("{}", "expected an Array of InputMedia"),
        ("[", "can't parse media JSON object"),
        ("[1]", "expected an Object"),
    ],
)
def test_what_is_no_album(call, someone, media, reason):
    answer = call("sendMediaGroup", chat_id=someone.chat_id, **({"media": media} if media else {}))

    assert answer["error_code"] == 400
    assert reason in answer["description"]


def test_buttons_stay_under_their_message(ask, someone):
    buttons = keyboard("one", "x" * 64)
    sent = ask(lambda bot: bot.send_photo(someone.chat_id, jpeg(), reply_markup=buttons))

    assert sent.reply_markup == buttons
    assert someone.answers()[0]["reply_markup"] == buttons.to_dict()


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("[]", "object expected as reply markup"),
        ("{}", 'find field "inline_keyboard"'),
        ({"inline_keyboard": [{}]}, "must be an Array of Arrays"),
        ({"inline_keyboard": [[1]]}, "should be an Object"),
        ({"inline_keyboard": [[{"callback_data": "x"}]]}, 'Field "text" must be of type String'),
        ({"inline_keyboard": [[{"text": "x"}]]}, "Text buttons are unallowed"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "ä" * 33}]]}, "BUTTON_DATA_INVALID"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 9]}, "REPLY_MARKUP_TOO_LONG"),
    ],
)
def test_keyboards_that_telegram_refuses(call, someone, markup, reason):
    answer = call("sendMessage", chat_id=someone.chat_id, text="x", reply_markup=markup)

    assert answer["error_code"] == 400
    assert reason in answer["description"]
    assert someone.answers() == []


@pytest.fixture
def pressed(ask, someone):
    """A message with a button, and the update of somebody who pressed it."""

    def press(data="yes"):
        ask(lambda bot: bot.send_message(someone.chat_id, "Sure?", reply_markup=keyboard(data)))
        return someone.press(someone.answers()[-1], data)

    return press


def test_a_press_carries_message_and_data(pressed, world, someone):
    query = library.Update.de_json(pressed()).callback_query

    assert query.data == "yes"
    assert query.from_user.id == someone.chat_id
    assert query.message.text == "Sure?"
    assert query.message.reply_markup.inline_keyboard[0][0].callback_data == "yes"
    assert query.chat_instance
    with pytest.raises(LookupError):
        someone.press(someone.answers()[-1], "no")


def test_a_press_is_answered_once(ask, pressed, world, someone):
    press = pressed()
    query_id = press["callback_query"]["id"]

    assert ask(lambda bot: bot.answer_callback_query(query_id, "Noted", show_alert=True))
    assert someone.wait_for_alert(press, 0) == {"text": "Noted", "show_alert": True}
    assert world.events[-1]["alert"]["message_id"] == someone.answers()[-1]["message_id"]
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        ask(lambda bot: bot.answer_callback_query(query_id))


def test_a_press_does_not_wait_for_its_answer_for_ever(ask, pressed, someone, clock):
    press = pressed()
    clock.waits.append(QUERY_LIFETIME + 1)

    with pytest.raises(BadRequest, match=r"(?i)query is too old and response timeout expired"):
        ask(lambda bot: bot.answer_callback_query(press["callback_query"]["id"], "late"))
    assert someone.wait_for_alert(press, 0) is None


def test_an_alert_holds_200_characters(ask, pressed):
    query_id = pressed()["callback_query"]["id"]

    with pytest.raises(BadRequest, match=r"(?i)MESSAGE_TOO_LONG"):
        ask(lambda bot: bot.answer_callback_query(query_id, "x" * 201))
    assert ask(lambda bot: bot.answer_callback_query(query_id, "x" * 200))


def test_a_topic_is_kept_and_only_forums_have_any(ask, world, someone):
    forum = Group(world, forum=True)
    forum.add_bot(someone.user)
    sent = ask(lambda bot: bot.send_message(forum.chat_id, "Here", message_thread_id=7))

    assert (sent.message_thread_id, sent.is_topic_message) == (7, True)
    with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
        ask(lambda bot: bot.send_message(someone.chat_id, "There", message_thread_id=7))


def test_a_group_without_the_bot_is_closed_to_it(ask, world, someone):
    group = Group(world)

    with pytest.raises(Forbidden):
        ask(lambda bot: bot.send_message(group.chat_id, "Hello"))


def test_a_flood_is_refused_twice_with_the_seconds_to_wait(call, world, someone):
    world.trouble.flood = True
    first, second, third = (call("sendMessage", chat_id=someone.chat_id, text="Hello") for _ in range(3))

    assert first == second
    assert first == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 6",
        "parameters": {"retry_after": 6},
    }
    assert third["ok"]

    world.trouble.flood = False
    assert call("sendMessage", chat_id=someone.chat_id, text="Hello", reply_parameters={"message_id": 1})[
        "ok"
    ]


def test_a_slow_telegram_takes_longer_for_each_method(ask, world, clock):
    world.trouble.slow = True
    ask(lambda bot: bot.get_me())
    waits = clock.waits.copy()
    world.trouble.slow = False
    ask(lambda bot: bot.get_me())

    assert set(waits) == {3}
    assert clock.waits == waits
