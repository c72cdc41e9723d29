"""The people's side of Telegram: a person in a private chat with the bot."""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from playground.telegram.photos import NotAPhoto, pixels, sizes

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram

_IMAGES = {".avif": "image/avif", ".heic": "image/heic", ".heif": "image/heif", ".webp": "image/webp"}
"""What not every machine's table of types knows, and every phone's does."""
_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?")


class Person:
    """Someone whose private chat with the bot is open.

    Every `send_…` puts a message into the chat and an update on its way to the bot, and returns the update.

    Args:
        telegram: where the person is.
        name: first name.
        language_code: of the person's app, such as "en"; can be changed at any time.
    """

    def __init__(self, telegram: Telegram, name: str = "You", language_code: str = "en") -> None:
        self._telegram = telegram
        self.language_code = language_code
        with telegram.changed:
            # A private chat's id is the person's.
            self.chat_id = 1_000_001 + len(telegram.chats)
            self._user: Json = {"id": self.chat_id, "is_bot": False, "first_name": name}
            telegram.chats[self.chat_id] = {"id": self.chat_id, "first_name": name, "type": "private"}

    def send_text(self, text: str) -> Json:
        """Send a text; its commands are marked as Telegram marks them."""
        entities = [
            {"type": "bot_command", "offset": _utf16(text[: found.start()]), "length": _utf16(found[0])}
            for found in _COMMAND.finditer(text)
        ]
        return self._send({"text": text} | ({"entities": entities} if entities else {}))

    def send_photo(self, photo: bytes, caption: str = "") -> Json:
        """Send a photo: Telegram keeps upright JPEGs of it.

        Raises:
            NotAPhoto: an app would send this as a file.
        """
        content: Json = {"photo": self._telegram.keep_photo(sizes(pixels(photo)))}
        return self._send(content | ({"caption": caption} if caption else {}))

    def send_document(self, content: bytes, name: str) -> Json:
        """Send a file as it is."""
        file = self._telegram.keep_file(content, name, "documents")
        suffix = PurePath(name).suffix.lower()
        mime_type = _IMAGES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return self._send({"document": {"file_name": name, "mime_type": mime_type} | file.described()})

    def send_file(self, content: bytes, name: str) -> Json:
        """What an app does with a file dropped into the chat: a photo if it is one, else a document."""
        try:
            return self.send_photo(content)
        except NotAPhoto:
            return self.send_document(content, name)

    def answers(self, after: int = 0) -> list[Json]:
        """The bot's messages in the chat, newer than a message id."""
        with self._telegram.changed:
            return [
                message
                for (chat_id, message_id), message in self._telegram.messages.items()
                if chat_id == self.chat_id and message_id > after and message["from"]["is_bot"]
            ]

    def wait_for_answer(self, update: Json, timeout: float) -> Json | None:
        """The bot's first message after the one of an update; None if none comes in `timeout` seconds."""
        after = update["message"]["message_id"]
        with self._telegram.changed:
            self._telegram.changed.wait_for(lambda: self.answers(after), timeout)
            return next(iter(self.answers(after)), None)

    def _send(self, content: dict[str, Any]) -> Json:
        sender = self._user | {"language_code": self.language_code}
        message = self._telegram.add_message(self.chat_id, sender, content)
        return self._telegram.add_update(self.chat_id, {"message": message})


def _utf16(text: str) -> int:
    """Length as Telegram counts it: https://core.telegram.org/api/entities#entity-length"""
    return len(text.encode("utf-16-le")) // 2
