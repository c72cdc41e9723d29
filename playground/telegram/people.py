"""The people's side of Telegram: a person in a private chat with the bot, or in a group with it."""

from __future__ import annotations

import copy
import secrets
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from playground.telegram import contents
from playground.telegram.photos import NotAPhoto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playground.telegram.contents import Kind, StickerKind
    from playground.telegram.emulator import Json, Telegram
    from playground.telegram.groups import Group

_NOT_FORWARDED: Final = frozenset(
    [
        "message_id", "from", "chat", "date", "reply_to_message", "reply_markup", "media_group_id",
        "message_thread_id", "is_topic_message", "forward_origin",
    ]
)  # fmt: skip


class Blocked(Exception):
    """The person blocked the bot; an app offers nothing to write with, only to start the bot again."""


class Around(TypedDict, total=False):
    """What can surround any content."""

    caption: str
    reply_to: Json
    """A message of the chat."""
    thread_id: int
    """The topic, in a group that has some."""


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
        self._group: Group | None = None
        with telegram.changed:
            # A private chat's id is the person's.
            self.chat_id = 1_000_001 + len(telegram.chats)
            self.user: Json = {"id": self.chat_id, "is_bot": False, "first_name": name}
            telegram.chats[self.chat_id] = {"id": self.chat_id, "first_name": name, "type": "private"}

    def in_group(self, group: Group) -> Person:
        """The same person, writing into a group."""
        member = copy.copy(self)
        member._group, member.chat_id = group, group.chat_id
        return member

    def send_text(self, text: str, **around: Unpack[Around]) -> Json:
        """Send a text."""
        return self._send(contents.text(text), around)

    def send_photo(self, photo: bytes, **around: Unpack[Around]) -> Json:
        """Send a photo.

        Raises:
            NotAPhoto: an app would send this as a file.
        """
        return self._send(contents.photo(self._telegram, photo), around)

    def send_document(
        self, content: bytes, name: str, mime_type: str | None = None, **around: Unpack[Around]
    ) -> Json:
        """Send a file as it is."""
        return self._send(contents.document(self._telegram, content, name, mime_type), around)

    def send_file(self, content: bytes, name: str, **around: Unpack[Around]) -> Json:
        """What an app does with a file dropped into the chat: a photo if it is one, else a document."""
        try:
            return self.send_photo(content, **around)
        except NotAPhoto:
            return self.send_document(content, name, **around)

    def send_sticker(self, content: bytes, kind: StickerKind = "static", **around: Unpack[Around]) -> Json:
        """Send a sticker."""
        return self._send(contents.sticker(self._telegram, content, kind), around)

    def send_other(self, kind: Kind, **around: Unpack[Around]) -> Json:
        """Send a video, a voice message, a location, …"""
        return self._send(contents.other(self._telegram, kind), around)

    def send_album(self, items: Sequence[bytes | Json], **around: Unpack[Around]) -> list[Json]:
        """Send several photos, or what `contents` makes, as one: a message and an update each.

        The caption is the first one's, as apps do it. One item alone is no album.
        """
        album = {"media_group_id": str(secrets.randbits(53))} if len(items) > 1 else {}
        made = [contents.photo(self._telegram, item) if isinstance(item, bytes) else item for item in items]
        first, rest = around, around.copy()
        rest.pop("caption", None)
        return [self._send(item | album, rest if index else first) for index, item in enumerate(made)]

    def forward(self, message: Json, **around: Unpack[Around]) -> Json:
        """Send a message, of any chat, on."""
        content = {key: value for key, value in message.items() if key not in _NOT_FORWARDED}
        origin = message.get("forward_origin") or {
            "type": "user",
            "date": message["date"],
            "sender_user": message["from"],
        }
        return self._send(content | {"forward_origin": origin}, around)

    def press(self, message: Json, data: str) -> Json:
        """Press the button that carries `data`: the update with its callback query.

        Raises:
            LookupError: there is no such button.
        """
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if data not in {button.get("callback_data") for row in rows for button in row}:
            raise LookupError(data)
        return self._telegram.add_callback_query(self._sender(), message, data)

    def block(self) -> Json:
        """Stop the bot: what it sends from now on is refused. The update that says so."""
        return self._become("member", "kicked", "bot was blocked by the user")

    def unblock(self) -> Json:
        """Start the bot again: the update that says so."""
        return self._become("kicked", "member", None)

    def delete_account(self) -> None:
        """Leave Telegram. The bot is told when it writes."""
        with self._telegram.changed:
            self._telegram.closed_chats[self.user["id"]] = "user is deactivated"

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

    def wait_for_alert(self, press: Json, timeout: float) -> Json | None:
        """What the bot answered to a press: `text` and `show_alert`; None if nothing in `timeout` seconds."""
        query = self._telegram.queries[press["callback_query"]["id"]]
        with self._telegram.changed:
            self._telegram.changed.wait_for(lambda: query.answer is not None, timeout)
            return query.answer

    def _become(self, before: str, now: str, closed: str | None) -> Json:
        """https://core.telegram.org/bots/api#chatmemberupdated, of the bot in the private chat."""
        chat_id = self.user["id"]
        with self._telegram.changed:
            self._telegram.closed_chats.pop(chat_id, None)
            if closed:
                self._telegram.closed_chats[chat_id] = closed
        member = {
            "chat": self._telegram.chats[chat_id],
            "from": self._sender(),
            "date": int(self._telegram.clock.now()),
            "old_chat_member": self._membership(before),
            "new_chat_member": self._membership(now),
        }
        return self._telegram.add_update(chat_id, {"my_chat_member": member})

    def _membership(self, status: str) -> Json:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": self._telegram.bot, "status": status} | until

    def _sender(self) -> Json:
        return self.user | {"language_code": self.language_code}

    def _send(self, content: Json, around: Around) -> Json:
        content = content | contents.text(around.get("caption", ""), "caption")
        if reply_to := around.get("reply_to"):
            content["reply_to_message"] = {
                key: value for key, value in reply_to.items() if key != "reply_to_message"
            }
        if thread_id := around.get("thread_id"):
            content |= {"message_thread_id": thread_id, "is_topic_message": True}
        if self._group is None and self.chat_id in self._telegram.closed_chats:
            raise Blocked
        message = self._telegram.add_message(self.chat_id, self._sender(), content)
        if self._group is None:
            return self._telegram.add_update(self.chat_id, {"message": message})
        return self._group.pass_on(message)
