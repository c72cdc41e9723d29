"""Groups: several people and the bot, which sees only what privacy mode lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram

_SERVICE: Final = frozenset(["new_chat_members", "left_chat_member", "new_chat_title", "pinned_message"])


class Group:
    """A supergroup. The bot is in it once it was added, and may become an admin.

    Args:
        telegram: where the group is.
        title: its name.
        forum: whether it has topics.
    """

    def __init__(self, telegram: Telegram, title: str = "Friends", *, forum: bool = False) -> None:
        self._telegram = telegram
        self.has_bot = False
        self.bot_is_admin = False
        with telegram.changed:
            self.chat_id = -1_000_000_000_001 - len(telegram.chats)
            telegram.chats[self.chat_id] = {"id": self.chat_id, "title": title, "type": "supergroup"} | (
                {"is_forum": True} if forum else {}
            )
            telegram.closed_chats[self.chat_id] = "bot is not a member of the supergroup chat"

    def add_bot(self, by: Json) -> Json:
        """Let the bot in, as a person (a User) does: the update with the service message."""
        self.has_bot = True
        self._telegram.closed_chats.pop(self.chat_id, None)
        return self.add_member(self._telegram.bot, by)

    def remove_bot(self) -> None:
        """Throw the bot out; of what is written from now on it learns nothing."""
        self.has_bot = False
        self._telegram.closed_chats[self.chat_id] = "bot was kicked from the supergroup chat"

    def add_member(self, user: Json, by: Json) -> Json:
        """Let anybody in: the update with the service message."""
        return self.pass_on(self._telegram.add_message(self.chat_id, by, {"new_chat_members": [user]}))

    def pass_on(self, message: Json) -> Json:
        """The update of a message; it is on its way to the bot if the bot may see it."""
        update = self._telegram.new_update({"message": message})
        if self.has_bot and (self.bot_is_admin or self._concerns_bot(message)):
            self._telegram.send_update(self.chat_id, update)
        return update

    def _concerns_bot(self, message: Json) -> bool:
        """Privacy mode: https://core.telegram.org/bots/features#privacy-mode

        A command without a name is for the bot, since no other bot is here.
        """
        if not _SERVICE.isdisjoint(message):
            return True
        if message.get("reply_to_message", {}).get("from", {}).get("id") == self._telegram.bot["id"]:
            return True
        name = f"@{self._telegram.bot['username']}".lower()
        content = message.get("text") or message.get("caption") or ""
        utf16 = content.encode("utf-16-le")
        for entity in message.get("entities") or message.get("caption_entities") or ():
            start = 2 * entity["offset"]
            marked = utf16[start : start + 2 * entity["length"]].decode("utf-16-le").lower()
            if entity["type"] == "mention" and marked == name:
                return True
            if entity["type"] == "bot_command" and ("@" not in marked or marked.endswith(name)):
                return True
        return False
