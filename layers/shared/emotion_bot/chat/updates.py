"""A Telegram update in, what it asks for out.

docs/conversation.md has the table of all that a person can send, and what becomes of it. In short: in private
everything is answered; in a group only a command of ours, a photo whose caption names the bot or that replies
to it, and a photo to which somebody replies with /emotion or the bot's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from telegram import MessageEntity, Update
from telegram.constants import ChatType, MessageType

from emotion_bot.chat import buttons
from emotion_bot.chat.constants import Limit
from emotion_bot.chat.pictures import picture
from emotion_bot.chat.requests import (
    AlbumRequest,
    CommandRequest,
    Ignored,
    OversizedPhoto,
    PhotoRequest,
    Press,
    Request,
    Unsupported,
)
from emotion_bot.chat.texts import COMMANDS, Command, language_of
from emotion_bot.jobs import AlbumItem, AlbumJob, Origin, PhotoJob

if TYPE_CHECKING:
    from telegram import Document, Message, PhotoSize, Sticker, User


class MalformedUpdate(ValueError):
    """This is no Telegram update. The message holds nothing of its content."""


_QUERY_ID: Final = re.compile(r"[!-~]{1,64}")
"""Telegram's are numbers; it stands in the answer as it came, which half of a character must not."""
_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|$)")

# In this order: an animation also sets `document`, a venue also sets `location`.
_CONTENT: Final = (
    "text", "photo", "live_photo", "animation", "audio", "document", "paid_media", "sticker", "story",
    "video", "video_note", "voice", "checklist", "contact", "dice", "game", "giveaway", "giveaway_winners",
    "poll", "venue", "location", "invoice",
)  # fmt: skip
_BESIDE_CONTENT: Final = (
    "business_connection_id", "effect_id", "reply_to_story", "sender_boost_count", "sender_business_bot",
    "suggested_post_info",
)  # fmt: skip
_SERVICE: Final = tuple({kind.value for kind in MessageType} - {*_CONTENT, *_BESIDE_CONTENT})


def parse(update: object, bot_name: str | None = None) -> Request:
    """What an update asks for.

    Args:
        update: the JSON that Telegram sent, decoded.
        bot_name: the bot's username, where known; without it each mention, command and reply counts as the
            bot's own (with privacy mode on, as by default, a group's messages for other bots never arrive).

    Raises:
        MalformedUpdate: it is no update.
    """
    if not isinstance(update, Mapping) or type(update.get("update_id")) is not int:
        raise MalformedUpdate("not a JSON object with an update_id")
    kind = next((kind for kind in ("message", "callback_query") if kind in update), None)
    if kind is None:
        return Ignored("neither a new message nor a pressed button")
    try:
        # Nothing else is parsed: what the bot does not answer cannot make it stumble.
        parsed = Update.de_json({"update_id": update["update_id"], kind: update[kind]})
        return _press(parsed) if kind == "callback_query" else _message(parsed, bot_name)
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
        raise MalformedUpdate(f"not an update of the Bot API: {type(error).__name__}") from None


def _press(update: Update) -> Request:
    query = update.callback_query
    if query is None or not _QUERY_ID.fullmatch(query.id):
        raise TypeError
    if query.message is None:
        return Ignored("a button of no chat")
    origin = Origin(
        update_id=update.update_id,
        chat_id=query.message.chat.id,
        message_id=query.message.message_id,
        language=language_of(query.from_user.language_code),
    )
    return Press(query.id, buttons.read(query.data or ""), origin)


def _message(update: Update, bot_name: str | None) -> Request:
    message = update.message
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
        update_id=update.update_id,
        chat_id=chat.id,
        message_id=message.message_id,
        # Outside forums Telegram also numbers threads of replies, and refuses messages that name them.
        thread_id=message.message_thread_id if message.is_topic_message else None,
        language=language_of(sender.language_code if sender else None),
    )
    read = _in_private if chat.type == ChatType.PRIVATE else _in_group
    request = read(message, origin, bot_name)
    return request if isinstance(request, Ignored) else replace(request, sent=int(message.date.timestamp()))


def _in_private(message: Message, origin: Origin, bot_name: str | None) -> Request:
    command = _command(message.text, bot_name)
    if command:
        return _commanded(command.known, message, origin)
    kind = _kind(message)
    if kind is None:
        return Ignored("service message")
    if kind == "text" and _named(message, bot_name):
        return _replied_photo(message, origin) or Unsupported(kind, origin)
    return _sent_with_others(message, origin)


def _in_group(message: Message, origin: Origin, bot_name: str | None) -> Request:
    if _came_in(message, bot_name):
        return CommandRequest("start", origin)  # people have a right to its notice
    command = _command(message.text, bot_name)
    if command and (command.to_us or (command.known and not command.to_another)):
        return _commanded(command.known, message, origin)
    named = _named(message, bot_name)
    if named and message.text:
        return _replied_photo(message, origin) or Ignored("a mention without a photo")
    if named:
        return _sent(message, origin)  # of an album, only this item came: the others do not name the bot
    # A sticker to the bot's answer is a remark, not a picture to look at.
    if _replies_to_us(message, bot_name) and not message.sticker and picture(message):
        return _sent_with_others(message, origin)
    return Ignored("talk in a group")


@dataclass(frozen=True)
class _Command:
    known: Command | None
    addressee: str | None
    to_us: bool
    """By name."""

    @property
    def to_another(self) -> bool:
        return self.addressee is not None and not self.to_us


def _command(text: str | None, bot_name: str | None) -> _Command | None:
    found = _COMMAND.match(text or "")
    if not found:
        return None
    known = next((command for command in COMMANDS if command == found[1].lower()), None)
    return _Command(known, found[2], to_us=found[2] is not None and _is_ours(found[2], bot_name))


def _commanded(name: Command | None, message: Message, origin: Origin) -> Request:
    asked = _replied_photo(message, origin) if name == "emotion" else None
    return asked or CommandRequest(name, origin)


def _is_ours(name: str | None, bot_name: str | None) -> bool:
    return bot_name is None or (name or "").lower() == bot_name.lower()


def _named(message: Message, bot_name: str | None) -> bool:
    """Whether a text or a caption mentions the bot, or a caption holds a command to it."""
    found = {}
    if message.text:
        found = message.parse_entities([MessageEntity.MENTION])
    elif message.caption:
        found = message.parse_caption_entities([MessageEntity.MENTION, MessageEntity.BOT_COMMAND])
    return any(_names(words, bot_name) for words in found.values())


def _names(words: str, bot_name: str | None) -> bool:
    command = _command(words, bot_name)
    if command:
        return command.to_us or (command.known == "emotion" and not command.to_another)
    return words.startswith("@") and _is_ours(words[1:], bot_name)


def _replies_to_us(message: Message, bot_name: str | None) -> bool:
    original = message.reply_to_message
    return original is not None and _is_bot(original.from_user, bot_name)


def _is_bot(user: User | None, bot_name: str | None) -> bool:
    return user is not None and user.is_bot and _is_ours(user.username, bot_name)


def _came_in(message: Message, bot_name: str | None) -> bool:
    """Whether the bot was added to this group, or the group was made with it."""
    added = bot_name is not None and any(_is_bot(user, bot_name) for user in message.new_chat_members)
    return added or bool(message.group_chat_created)


def _replied_photo(message: Message, origin: Origin) -> PhotoRequest | OversizedPhoto | None:
    """The photo that a message replies to, to be answered where it stands."""
    original, elsewhere = message.reply_to_message, message.external_reply
    if original and (file := picture(original)):
        return _photo(file, origin, answered=original.message_id)
    if elsewhere and (file := picture(elsewhere)):
        return _photo(file, origin, answered=origin.message_id)
    return None


def _sent(message: Message, origin: Origin) -> PhotoRequest | OversizedPhoto | Unsupported:
    file = picture(message)
    if file:
        return _photo(file, origin, answered=origin.message_id)
    return Unsupported(_kind(message) or "unknown", origin)


def _photo(
    file: PhotoSize | Document | Sticker, origin: Origin, *, answered: int
) -> PhotoRequest | OversizedPhoto:
    asked = origin.model_dump() | {"message_id": answered}
    if (file.file_size or 0) > Limit.DOWNLOAD_BYTES:
        return OversizedPhoto(Origin(**asked))
    return PhotoRequest(
        PhotoJob(**asked, file_id=file.file_id, file_unique_id=file.file_unique_id, file_size=file.file_size)
    )


def _sent_with_others(message: Message, origin: Origin) -> Request:
    """What was sent, or, where it came in an album, an item of that."""
    alone = _sent(message, origin)
    if not message.media_group_id:
        return alone
    match alone:
        case PhotoRequest(job):
            item = AlbumItem(message_id=origin.message_id, file_id=job.file_id)
        case OversizedPhoto():
            item = AlbumItem(message_id=origin.message_id, refusal="oversized")
        case Unsupported():
            item = AlbumItem(message_id=origin.message_id, refusal="unsupported")
    return AlbumRequest(AlbumJob(**origin.model_dump(), album_id=message.media_group_id), item, alone)


def _kind(message: Message) -> str | None:
    """What a message holds, as Unsupported has it; None where it only tells of an event, such as a pin."""
    kind = next((kind for kind in _CONTENT if getattr(message, kind)), None)
    if message.sticker and message.sticker.is_animated:
        return "animated_sticker"
    if message.sticker and message.sticker.is_video:
        return "video_sticker"
    if kind or any(getattr(message, event) for event in _SERVICE):
        return kind
    return "unknown"  # something that this version of the Bot API does not have yet
