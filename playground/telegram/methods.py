"""The methods of the Bot API that the bot needs, with the official server's checks and answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emotion_bot.chat.constants import Limit
from playground.telegram.emulator import Webhook
from playground.telegram.parameters import ApiError, BadRequest, Parameters
from playground.telegram.photos import MAX_SIDES_SUM, NotAPhoto, pixels, sizes

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram

CHAT_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
"""https://core.telegram.org/bots/api#sendchataction"""
MAX_COMMANDS = 100
MAX_UPDATES = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")

Method = Callable[["Telegram", Parameters], Any]
METHODS: dict[str, Method] = {}
"""By name in lower case: names are case-insensitive."""


def _method(function: Method) -> Method:
    METHODS[function.__name__.replace("_", "")] = function
    return function


def call(telegram: Telegram, name: str, parameters: Parameters) -> Any:  # noqa: ANN401 - any JSON
    """The `result` of a method.

    Raises:
        ApiError: as the official server would answer.
    """
    method = METHODS.get(name.lower())
    if method is None:
        raise ApiError("Not Found: method not found", 404)
    return method(telegram, parameters)


@_method
def _get_me(telegram: Telegram, _: Parameters) -> Json:
    return telegram.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@_method
def _set_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    url, secret = parameters.text("url"), parameters.text("secret_token")
    if not url:
        _delete_webhook(telegram, parameters)
        return True
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise BadRequest("bad webhook: An HTTPS URL must be provided for webhook")
    if not _SECRET.fullmatch(secret):
        raise BadRequest("secret token contains unallowed characters")
    _drop(telegram, parameters)
    telegram.webhook = Webhook(
        url,
        secret,
        max(1, min(100, parameters.integer("max_connections", 40))),
        tuple(parameters.json("allowed_updates") or ()),
    )
    telegram.last_error = {}
    telegram.on_update()
    return True


@_method
def _delete_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    _drop(telegram, parameters)
    telegram.webhook = None
    return True


def _drop(telegram: Telegram, parameters: Parameters) -> None:
    if parameters.flag("drop_pending_updates"):
        with telegram.changed:
            telegram.pending.clear()


@_method
def _get_webhook_info(telegram: Telegram, _: Parameters) -> Json:
    webhook = telegram.webhook
    info: Json = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(telegram.pending),
    }
    if webhook:
        info |= {"max_connections": webhook.max_connections, "ip_address": "127.0.0.1"} | telegram.last_error
        if webhook.allowed_updates:
            info["allowed_updates"] = list(webhook.allowed_updates)
    return info


@_method
def _get_updates(telegram: Telegram, parameters: Parameters) -> list[Json]:
    if telegram.webhook is not None:
        raise ApiError(
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
            409,
        )
    offset = parameters.integer("offset")
    with telegram.changed:
        for update in [update for update in telegram.pending if update.body["update_id"] < offset]:
            telegram.pending.remove(update)
        telegram.changed.wait_for(lambda: telegram.pending, timeout=parameters.integer("timeout"))
        limit = max(1, min(MAX_UPDATES, parameters.integer("limit", MAX_UPDATES)))
        return [update.body for update in list(telegram.pending)[:limit]]


@_method
def _set_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    commands = parameters.json("commands")
    if not isinstance(commands, list):
        raise BadRequest("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(command["command"].removeprefix("/")):
            raise BadRequest("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise BadRequest("BOT_COMMAND_DESCRIPTION_INVALID")
    telegram.profile.commands[parameters.text("language_code")] = commands
    return True


@_method
def _delete_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    telegram.profile.commands.pop(parameters.text("language_code"), None)
    return True


@_method
def _get_my_commands(telegram: Telegram, parameters: Parameters) -> list[Json]:
    return telegram.profile.commands.get(parameters.text("language_code"), [])


@_method
def _set_my_description(telegram: Telegram, parameters: Parameters) -> bool:
    limit = Limit.DESCRIPTION_CHARACTERS
    return _describe(telegram.profile.description, parameters, "description", limit)


@_method
def _set_my_short_description(telegram: Telegram, parameters: Parameters) -> bool:
    limit = Limit.SHORT_DESCRIPTION_CHARACTERS
    return _describe(telegram.profile.short_description, parameters, "short_description", limit)


def _describe(by_language: dict[str, str], parameters: Parameters, name: str, limit: int) -> bool:
    text = parameters.text(name)
    if len(text) > limit:
        raise BadRequest(f"{name.replace('_', ' ')} is too long")
    by_language[parameters.text("language_code")] = text
    return True


@_method
def _get_my_description(telegram: Telegram, parameters: Parameters) -> Json:
    return {"description": telegram.profile.description.get(parameters.text("language_code"), "")}


@_method
def _get_my_short_description(telegram: Telegram, parameters: Parameters) -> Json:
    return {"short_description": telegram.profile.short_description.get(parameters.text("language_code"), "")}


@_method
def _get_file(telegram: Telegram, parameters: Parameters) -> Json:
    file_id = parameters.text("file_id")
    if not file_id:
        raise BadRequest("file_id not specified")
    file = telegram.files.get(file_id)
    if file is None:
        raise BadRequest("invalid file_id")
    if len(file.content) > Limit.DOWNLOAD_BYTES:
        raise BadRequest("file is too big")
    return file.described() | {"file_path": file.path}


@_method
def _send_message(telegram: Telegram, parameters: Parameters) -> Json:
    chat_id = _chat(telegram, parameters)
    text = parameters.text("text")
    if not text.strip():
        raise BadRequest("message text is empty")
    if len(text) > Limit.TEXT_CHARACTERS:
        raise BadRequest("message is too long")
    return telegram.add_message(chat_id, telegram.bot, _reply(telegram, chat_id, parameters) | {"text": text})


@_method
def _send_photo(telegram: Telegram, parameters: Parameters) -> Json:
    chat_id = _chat(telegram, parameters)
    caption = parameters.text("caption")
    if len(caption) > Limit.CAPTION_CHARACTERS:
        raise BadRequest("message caption is too long")
    content = _reply(telegram, chat_id, parameters) | {"photo": _photo(telegram, parameters)}
    if caption:
        content["caption"] = caption
    return telegram.add_message(chat_id, telegram.bot, content)


def _photo(telegram: Telegram, parameters: Parameters) -> list[Json]:
    upload = parameters.upload("photo")
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
    return telegram.keep_photo(sizes(rgb))


@_method
def _send_chat_action(telegram: Telegram, parameters: Parameters) -> bool:
    chat_id = _chat(telegram, parameters)
    action = parameters.text("action")
    if action not in CHAT_ACTIONS:
        raise BadRequest("wrong parameter action in request")
    telegram.show_action(chat_id, action)
    return True


def _chat(telegram: Telegram, parameters: Parameters) -> int:
    if not parameters.text("chat_id"):
        raise BadRequest("chat_id is empty")
    chat_id = parameters.integer("chat_id")
    if chat_id not in telegram.chats:
        raise BadRequest("chat not found")
    return chat_id


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
