"""The bot's account with Telegram, asked once and by hand."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from emotion_bot.chat.errors import TokenRejected, TryAgain, sorted_out
from emotion_bot.chat.telegram import Telegram
from infra.deploy.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from telegram import Bot, Message, WebhookInfo

T = TypeVar("T")

_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")


class WrongToken(Refusal):
    """Telegram does not know the token."""

    def __init__(self) -> None:
        super().__init__(
            "Telegram does not know this token; copy it whole from @BotFather (/mybots, then API Token)."
        )


class BotAccount:
    """A bot, by its token. Each method asks Telegram once.

    Every method raises Refusal where Telegram does not know the token or cannot be reached, and
    TelegramFailure where it refuses what is asked.
    """

    def __init__(self, token: str, api_url: str) -> None:
        self._token, self._api_url = token, api_url

    @property
    def id(self) -> str:
        """What stands before the token's colon; the rest changes when a token is replaced."""
        return self._token.partition(":")[0]

    def at(self, api_url: str) -> BotAccount:
        """The same at another Bot API server."""
        return BotAccount(self._token, api_url)

    def name(self) -> str:
        """The bot's username."""
        return self._ask(lambda bot: bot.get_me()).username or self.id

    def webhook(self) -> WebhookInfo:
        """Where Telegram sends the bot's updates to, and how that goes."""
        return self._ask(lambda bot: bot.get_webhook_info())

    def forget_webhook(self) -> None:
        """Have Telegram keep the updates to itself."""
        self._ask(lambda bot: bot.delete_webhook())

    def send_photo(self, chat: int, photo: bytes, caption: str) -> Message:
        """Send a photo into a chat that the bot is in."""
        return self._ask(lambda bot: bot.send_photo(chat, photo, caption=caption, disable_notification=True))

    def delete_message(self, chat: int, message: int) -> None:
        """Take back what the bot sent."""
        self._ask(lambda bot: bot.delete_message(chat, message))

    def _ask(self, call: Callable[[Bot], Awaitable[T]]) -> T:
        # Anything else would end up in an address.
        if not _TOKEN.fullmatch(self._token):
            raise WrongToken
        try:
            return asyncio.run(self._connect_and(call))
        except TokenRejected:
            raise WrongToken from None
        except TryAgain as trouble:
            if trouble.retry_after is not None:
                raise Refusal(f"Telegram asks to wait; try again in {trouble.retry_after} s.") from None
            host = urlsplit(self._api_url).netloc
            raise Refusal(
                f"Telegram ({host}) cannot be reached; check this machine's network, then try again."
            ) from None

    async def _connect_and(self, call: Callable[[Bot], Awaitable[T]]) -> T:
        telegram = Telegram(self._token, self._api_url)
        try:
            with sorted_out():
                return await call(telegram.bot)
        finally:
            await telegram.close()
