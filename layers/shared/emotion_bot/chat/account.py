"""The bot's account at Telegram: who it is by the token of now, which may be another than a moment ago."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from telegram import Bot

from emotion_bot.chat.errors import TokenRejected, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from telegram.request import HTTPXRequest

_READ_AGAIN: Final = 10.0
"""Seconds between two readings where Telegram rejects the token: while it is wrong, each photo would ask."""


class Account:
    """Makes the library's bot with the token, and another one when that is rejected."""

    def __init__(
        self, token: str | None, read_token: Callable[[], str] | None, api_url: str, request: HTTPXRequest
    ) -> None:
        """Read no token yet. For the arguments see `Telegram`."""
        self._read_token, self._request = read_token, request
        self._api_url = api_url.rstrip("/")
        self._made = None if token is None else self._make(token)
        self._reading: asyncio.Task[None] | None = None
        self._read_next = 0.0

    @property
    def made(self) -> Bot:
        """The bot with the token that was last read.

        Raises:
            TokenUnavailable: none was.
        """
        if self._made is None:
            raise TokenUnavailable("it has not been yet")
        return self._made

    async def bot(self, rejected: Bot | None = None) -> Bot:
        """The bot to ask Telegram as.

        Args:
            rejected: the one whose token Telegram has just rejected, for which there may be a newer.

        Raises:
            TokenUnavailable: the token cannot be read.
            TokenRejected: there is none but the rejected one.
        """
        if self._made is rejected:  # also where both are None
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            # All who ask meanwhile share what comes of it, also where one's time is up.
            await asyncio.shield(self._reading)
        return self.made

    async def _read(self) -> None:
        if self._read_token is None or (self._made and monotonic() < self._read_next):
            raise TokenRejected
        try:
            token = await asyncio.to_thread(self._read_token)
        finally:
            self._read_next = monotonic() + _READ_AGAIN
        if self._made and self._made.token == token:
            raise TokenRejected
        self._made = self._make(token)

    def _make(self, token: str) -> Bot:
        return Bot(
            token,
            base_url=f"{self._api_url}/bot",
            base_file_url=f"{self._api_url}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
