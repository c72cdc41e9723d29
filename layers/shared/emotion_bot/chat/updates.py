"""A Telegram update in, what it asks for out.

| The message                                    | private chat         | group                              |
|------------------------------------------------|----------------------|------------------------------------|
| a photo, or an image sent as a file            | PhotoRequest         | PhotoRequest                       |
| the same, over what a bot can download         | OversizedPhoto       | OversizedPhoto                     |
| /start, /help, /privacy                        | CommandRequest       | CommandRequest                     |
| the same with @name of another bot             | CommandRequest       | Ignored                            |
| any other command                              | CommandRequest(None) | Ignored, unless it has our @name   |
| text, sticker, voice, video, other file, …     | Unsupported          | Ignored: people talk to each other |
| a service message (joined, pinned, …)          | Ignored              | Ignored                            |
| from another bot                               | Ignored              | Ignored                            |
| from an anonymous admin, or for a channel      | (does not occur)     | as from a person                   |
| a channel's post forwarded into its group      | (does not occur)     | Ignored                            |

Whatever is not a new message (edits, channel posts, reactions, …) is Ignored. The items of an album are
messages of their own and answered each. A photo counts as one whatever its caption says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from telegram import Message, PhotoSize, Update
from telegram.constants import ChatType

from emotion_bot.chat.constants import PHOTO_SIDE, Limit
from emotion_bot.chat.texts import COMMANDS, Command, language_of
from emotion_bot.jobs import Origin, PhotoJob


class MalformedUpdate(ValueError):
    """This is no Telegram update. The message holds nothing of its content."""


@dataclass(frozen=True)
class PhotoRequest:
    """Answer this photo."""

    job: PhotoJob


@dataclass(frozen=True)
class OversizedPhoto:
    """A photo that Telegram does not let bots fetch."""

    origin: Origin


@dataclass(frozen=True)
class CommandRequest:
    """Answer this command; None is one that the bot does not know."""

    name: Command | None
    origin: Origin


@dataclass(frozen=True)
class Unsupported:
    """Something else that a person sent, by the name of its field in the Bot API."""

    kind: str
    origin: Origin


@dataclass(frozen=True)
class Ignored:
    """Nothing to answer."""

    reason: str


Request = PhotoRequest | OversizedPhoto | CommandRequest | Unsupported | Ignored

_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|$)")

# In this order: an animation also sets `document`, a venue also sets `location`.
_CONTENT: Final = (
    "text", "animation", "audio", "document", "live_photo", "paid_media", "sticker", "story", "video",
    "video_note", "voice", "checklist", "contact", "dice", "game", "poll", "venue", "location", "invoice",
)  # fmt: skip


def parse(update: object, bot_name: str | None = None) -> Request:
    """What an update asks for.

    Args:
        update: the JSON that Telegram sent, decoded.
        bot_name: the bot's username, where known; without it every `/command@name` counts as the bot's own
            (with privacy mode on, as by default, a group's messages for other bots never arrive).

    Raises:
        MalformedUpdate: it is no update.
    """
    if not isinstance(update, Mapping) or type(update.get("update_id")) is not int:
        raise MalformedUpdate("not a JSON object with an update_id")
    if "message" not in update:
        return Ignored("not a new message")
    try:
        # Nothing but the message is parsed: what the bot does not answer cannot make it stumble.
        message = Update.de_json({key: update[key] for key in ("update_id", "message")}).message
        return _read(message, update["update_id"], bot_name)
    # All that python-telegram-bot and pydantic raise at JSON of another shape; their messages may quote it.
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise MalformedUpdate(f"not a message of the Bot API: {type(error).__name__}") from None


def _read(message: Message | None, update_id: int, bot_name: str | None) -> Request:
    if message is None:
        raise TypeError
    sender, chat = message.from_user, message.chat
    if chat.type not in (ChatType.PRIVATE, ChatType.GROUP, ChatType.SUPERGROUP):
        return Ignored("channel")
    if message.is_automatic_forward:
        return Ignored("channel post")
    if sender is not None and sender.is_bot and message.sender_chat is None:
        return Ignored("bot")
    origin = Origin(
        update_id=update_id,
        chat_id=chat.id,
        message_id=message.message_id,
        # Outside forums Telegram also numbers threads of replies, and refuses messages that name them.
        thread_id=message.message_thread_id if message.is_topic_message else None,
        language=language_of(sender.language_code if sender else None),
    )
    photo = _photo(message)
    if photo is not None:
        if (photo.get("file_size") or 0) > Limit.DOWNLOAD_BYTES:
            return OversizedPhoto(origin)
        return PhotoRequest(PhotoJob(**origin.model_dump(), **photo))
    private = chat.type == ChatType.PRIVATE
    command = _COMMAND.match(message.text or "")
    if command:
        return _command(command[1].lower(), command[2], origin, private=private, bot_name=bot_name)
    kind = next((kind for kind in _CONTENT if getattr(message, kind)), None)
    if kind is None:
        return Ignored("service message")
    return Unsupported(kind, origin) if private else Ignored("talk in a group")


def _command(
    word: str, addressee: str | None, origin: Origin, *, private: bool, bot_name: str | None
) -> Request:
    addressed = addressee is not None and (bot_name is None or addressee.lower() == bot_name.lower())
    if not private and addressee is not None and not addressed:
        return Ignored("command for another bot")
    name = next((command for command in COMMANDS if command == word), None)
    if name is None and not private and not addressed:
        return Ignored("command of another bot")
    return CommandRequest(name, origin)


def _photo(message: Message) -> dict[str, Any] | None:
    """The file to fetch, as fields of PhotoJob."""
    if message.photo:
        file: Any = _best(message.photo)
    elif message.document and not message.animation and _is_image(message.document.mime_type):
        file = message.document
    else:
        return None
    return {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_size": file.file_size}


def _best(sizes: tuple[PhotoSize, ...]) -> PhotoSize:
    """The smallest that is large enough, else the largest there is."""

    def side(size: PhotoSize) -> int:
        return max(size.width, size.height)

    enough = [size for size in sizes if side(size) >= PHOTO_SIDE]
    return min(enough, key=side) if enough else max(sizes, key=side)


def _is_image(mime_type: str | None) -> bool:
    return mime_type is not None and mime_type.lower().startswith("image/")
