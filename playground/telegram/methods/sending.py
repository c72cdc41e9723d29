"""What the bot sends: texts, photos, albums of photos, signs that something is coming."""

from __future__ import annotations

import secrets
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from telegram.constants import ChatAction

from emotion_bot.chat.constants import Limit
from playground.telegram.markup import inline_keyboard
from playground.telegram.parameters import BadRequest, Forbidden, Parameters, Upload
from playground.telegram.photos import MAX_SIDES_SUM, NotAPhoto, pixels, sizes

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram
    from playground.telegram.photos import Size

MAX_ALBUM: Final = 10
"""https://core.telegram.org/bots/api#sendmediagroup"""
CHAT_ACTIONS: Final = frozenset(ChatAction)


def send_message(telegram: Telegram, parameters: Parameters) -> Json:
    """https://core.telegram.org/bots/api#sendmessage"""
    chat_id = _chat(telegram, parameters)
    text = parameters.text("text")
    if not text.strip():
        raise BadRequest("message text is empty")
    if len(text) > Limit.TEXT_CHARACTERS:
        raise BadRequest("message is too long")
    around = _around(telegram, chat_id, parameters)
    telegram.limits.take(chat_id)
    return telegram.add_message(chat_id, telegram.bot, around | {"text": text})


def send_photo(telegram: Telegram, parameters: Parameters) -> Json:
    """https://core.telegram.org/bots/api#sendphoto"""
    _space(telegram, parameters)
    chat_id = _chat(telegram, parameters)
    caption = _caption(parameters.text("caption"))
    around = _around(telegram, chat_id, parameters)
    made = _sizes(parameters.upload("photo"))
    telegram.limits.take(chat_id)
    photo = telegram.keep_photo(made)
    return telegram.add_message(chat_id, telegram.bot, around | {"photo": photo} | caption)


def send_media_group(telegram: Telegram, parameters: Parameters) -> list[Json]:
    """https://core.telegram.org/bots/api#sendmediagroup, of photos only.

    All or none are sent. A single one is an ordinary message (`send_message_group` of TDLib), and a keyboard
    is ignored: the method has none.
    """
    _space(telegram, parameters)
    chat_id = _chat(telegram, parameters)
    media = parameters.json("media")
    if "media" not in parameters.values:
        raise BadRequest('parameter "media" is required')
    if not isinstance(media, list):
        raise BadRequest("expected an Array of InputMedia")
    if not media:
        raise BadRequest("there are no messages to send")
    if len(media) > MAX_ALBUM:
        raise BadRequest("too many messages to send as an album")
    around = _around(telegram, chat_id, parameters)
    around.pop("reply_markup", None)
    items = [_album_item(item, parameters) for item in media]
    photos = []
    for number, (upload, _) in enumerate(items, 1):
        try:
            photos.append(_sizes(upload))
        except BadRequest as error:
            reason = error.description.removeprefix("Bad Request: ")
            raise BadRequest(f'failed to send message #{number} with the error message "{reason}"') from None
    telegram.limits.take(chat_id, len(photos))
    if len(photos) > 1:
        around["media_group_id"] = str(secrets.randbits(53))
    return [
        telegram.add_message(chat_id, telegram.bot, around | {"photo": telegram.keep_photo(photo)} | caption)
        for photo, (_, caption) in zip(photos, items, strict=True)
    ]


def send_chat_action(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#sendchataction"""
    chat_id = _chat(telegram, parameters)
    action = parameters.text("action")
    if action not in CHAT_ACTIONS:
        raise BadRequest("wrong parameter action in request")
    telegram.show_action(chat_id, action)
    return True


def _space(telegram: Telegram, parameters: Parameters) -> None:
    """Let an upload wait for others of its size."""
    if seconds := telegram.limits.upload(sum(len(upload.content) for upload in parameters.uploads.values())):
        telegram.clock.wait(seconds, Event())


def _album_item(item: Any, parameters: Parameters) -> tuple[Upload, Json]:  # noqa: ANN401 - any JSON
    if not isinstance(item, dict):
        raise BadRequest("can't parse InputMedia: expected an Object")
    if item.get("type") != "photo":
        raise BadRequest(f'can\'t parse InputMedia: type "{item.get("type")}" is unsupported')
    upload = parameters.attached(str(item.get("media", "")))
    if upload is None:
        raise BadRequest("can't parse InputMedia: media not found")
    return upload, _caption(str(item.get("caption", "")))


def _caption(caption: str) -> Json:
    if len(caption) > Limit.CAPTION_CHARACTERS:
        raise BadRequest("message caption is too long")
    return {"caption": caption} if caption else {}


def _sizes(upload: Upload | None) -> list[Size]:
    """The JPEGs that Telegram makes of an upload."""
    if upload is None:
        raise BadRequest("there is no photo in the request")
    if len(upload.content) > Limit.PHOTO_UPLOAD_BYTES:
        raise BadRequest(f"file of size {len(upload.content)} bytes is too big for a photo")
    try:
        rgb = pixels(upload.content)
    except NotAPhoto as error:
        raise BadRequest(str(error)) from None
    if sum(rgb.shape[:2]) > MAX_SIDES_SUM:
        raise BadRequest("PHOTO_INVALID_DIMENSIONS")
    return sizes(rgb)


def _chat(telegram: Telegram, parameters: Parameters) -> int:
    if not parameters.text("chat_id"):
        raise BadRequest("chat_id is empty")
    chat_id = parameters.integer("chat_id")
    if chat_id not in telegram.chats:
        raise BadRequest("chat not found")
    if reason := telegram.closed_chats.get(chat_id):
        raise Forbidden(reason)
    return chat_id


def _around(telegram: Telegram, chat_id: int, parameters: Parameters) -> Json:
    """What surrounds any content: the topic, the message that it replies to, the buttons."""
    around = _topic(telegram, chat_id, parameters) | _reply(telegram, chat_id, parameters)
    if (markup := parameters.json("reply_markup")) is not None:
        around["reply_markup"] = inline_keyboard(markup)
    return around


def _topic(telegram: Telegram, chat_id: int, parameters: Parameters) -> Json:
    thread_id = parameters.integer("message_thread_id")
    if not thread_id:
        return {}
    if not telegram.chats[chat_id].get("is_forum"):
        raise BadRequest("message thread not found")
    return {"message_thread_id": thread_id, "is_topic_message": True}


def _reply(telegram: Telegram, chat_id: int, parameters: Parameters) -> Json:
    reply = parameters.json("reply_parameters") or {}
    message_id = int(reply.get("message_id") or parameters.integer("reply_to_message_id"))
    if not message_id:
        return {}
    message = telegram.messages.get((chat_id, message_id))
    if message is None:
        if reply.get("allow_sending_without_reply") or parameters.flag("allow_sending_without_reply"):
            return {}
        raise BadRequest("message to be replied not found")
    return {"reply_to_message": {key: value for key, value in message.items() if key != "reply_to_message"}}


def delete_message(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#deletemessage"""
    key = _chat(telegram, parameters), parameters.integer("message_id")
    with telegram.changed:
        if telegram.messages.pop(key, None) is None:
            raise BadRequest("message to delete not found")
    return True


METHODS: Final = (send_message, send_photo, send_media_group, send_chat_action, delete_message)
