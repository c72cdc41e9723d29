"""The way out: fetch a photo from Telegram, send an answer to it."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

import httpx
from telegram import InputFile, InputMediaPhoto, ReplyParameters
from telegram.error import NetworkError
from telegram.request import HTTPXRequest

from emotion_bot.chat.account import Account
from emotion_bot.chat.constants import Limit
from emotion_bot.chat.errors import (
    FileTooBig,
    TelegramFailure,
    TokenRejected,
    TryAgain,
    Undeliverable,
    sorted_out,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from telegram import Bot, File, InlineKeyboardMarkup

    from emotion_bot.jobs import Origin

T = TypeVar("T")

# They log the addresses of their requests, which hold the token, and answers that they cannot parse.
for library, level in (
    ("httpx", logging.WARNING),
    ("httpcore", logging.WARNING),
    ("telegram", logging.CRITICAL),
):
    logging.getLogger(library).setLevel(level)

PATIENCE: Final = 10.0
"""Seconds that a call waits at most, all in all, where Telegram says "slow down"."""
_PAUSES: Final = (0.5, 2.0)
"""Seconds before what did no harm is tried a second and a third time."""
_TIMEOUT: Final = 20.0
"""Seconds without a byte before Telegram counts as out of reach."""
_DOWNLOAD_TIMEOUT: Final = 60.0
"""Seconds for a whole file, which may come in drops."""
_CONNECTIONS: Final = 12
"""At one time: one for each photo of a batch, and some to spare."""
_KEPT: Final = 70.0
"""Seconds that an idle one is kept; nginx, which answers for Telegram, closes it after 75 by default."""
_AHEAD: Final = 3.0
"""Seconds for opening a connection ahead of the first photo, which has more."""
_DEAD: Final = 5.0
"""Seconds without a byte after which a connection that was kept counts as dead."""
_BROKEN: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadTimeout)
"""How a connection fails that died unnoticed."""
_FILE_NAME: Final = "faces.jpg"
_FILE_PATH: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
"""What Telegram calls its files, such as `photos/file_7.jpg`: no way up, no other host."""


class _Request(HTTPXRequest):
    """Streams files too, so that they come by the connections, and the TLS handshake, of the methods."""

    def stream(self, url: str) -> AbstractAsyncContextManager[httpx.Response]:
        """A file, not read yet."""
        return self._client.stream("GET", url)


class Telegram:
    """A bot's account. Keeps its connections, so make one and use it in one event loop.

    Where Telegram says "slow down", a call waits and goes on. What has certainly come to nothing, and what
    does no harm twice, is tried up to three times; what may be in the chat already is never sent again.
    """

    def __init__(
        self,
        token: str | None,
        api_url: str,
        *,
        read_token: Callable[[], str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        throttled: Callable[[], None] = lambda: None,
    ) -> None:
        """Make no connection yet.

        Args:
            token: the bot's, from @BotFather; None: it is read before the first call.
            api_url: the Bot API server, the only host that is ever asked.
            read_token: reads the token anew where Telegram rejects it; raises TokenUnavailable.
            transport: another way to reach it, for tests.
            throttled: is called each time that Telegram says "slow down".
        """

        async def look(response: httpx.Response) -> None:
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                throttled()

        self._request = _Request(
            connect_timeout=_TIMEOUT,
            read_timeout=_TIMEOUT,
            write_timeout=_TIMEOUT,
            pool_timeout=_TIMEOUT,
            media_write_timeout=_TIMEOUT,
            httpx_kwargs={
                "transport": transport,
                "event_hooks": {"response": [look]},
                "limits": httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=_KEPT),
            },
        )
        self._account = Account(token, read_token, api_url, self._request)

    @property
    def bot(self) -> Bot:
        """The library's own, for what is asked once and by hand.

        Raises:
            TokenUnavailable: no token has been read yet.
        """
        return self._account.made

    async def connect(self) -> None:
        """Open a connection ahead of the first photo. A failure is left to that photo to tell.

        Raises:
            TokenUnavailable: the token cannot be read.
        """
        bot = await self._account.bot()
        with suppress(TelegramFailure), sorted_out():
            async with asyncio.timeout(_AHEAD):
                await bot.get_me()

    async def close(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    async def download(self, file_id: str) -> bytes:
        """A file's bytes.

        Raises:
            FileTooBig: over Limit.DOWNLOAD_BYTES, as Telegram says or as it turns out.
            TokenRejected, TokenUnavailable: there is no token that is taken.
            TryAgain: it cannot be had now; Telegram says so of a file that it no longer knows, too.
        """
        return await self._patiently(lambda bot: self._download(bot, file_id))

    async def send_photo(
        self, origin: Origin, jpeg: bytes, caption: str, buttons: InlineKeyboardMarkup | None = None
    ) -> None:
        """Answer a message with a photo, and buttons under it.

        Raises:
            TelegramFailure: any but FileTooBig.
        """
        await self._send(
            lambda bot: bot.send_photo(
                origin.chat_id,
                InputFile(jpeg, filename=_FILE_NAME),
                caption=caption,
                message_thread_id=origin.thread_id,
                reply_parameters=_reply_to(origin),
                reply_markup=buttons,
            )
        )

    async def send_album(self, origin: Origin, jpegs: Sequence[bytes], caption: str) -> None:
        """Answer a message with an album of 2 to 10 photos: all of them are sent, or none.

        Raises:
            TelegramFailure: any but FileTooBig.
        """
        await self._send(
            lambda bot: bot.send_media_group(
                origin.chat_id,
                [InputMediaPhoto(jpeg, filename=_FILE_NAME) for jpeg in jpegs],
                caption=caption,
                message_thread_id=origin.thread_id,
                reply_parameters=_reply_to(origin),
            )
        )

    async def send_text(self, origin: Origin, text: str, *, patience: float = PATIENCE) -> None:
        """Answer a message with a sentence.

        Args:
            origin: the message.
            text: the sentence.
            patience: seconds to wait at most where Telegram says "slow down".

        Raises:
            TelegramFailure: any but FileTooBig.
        """
        await self._send(
            lambda bot: bot.send_message(
                origin.chat_id,
                text,
                message_thread_id=origin.thread_id,
                reply_parameters=_reply_to(origin),
            ),
            patience,
        )

    async def _send(self, call: Callable[[Bot], Awaitable[object]], patience: float = PATIENCE) -> None:
        async def send(bot: Bot) -> None:
            try:
                with sorted_out(sends=True):
                    await call(bot)
            except asyncio.CancelledError:
                # The invocation's time is up. Whoever cancelled this ends it all the same.
                raise TryAgain("cut off while sending", is_uncertain=True) from None

        await self._patiently(send, patience)

    async def _patiently(self, call: Callable[[Bot], Awaitable[T]], patience: float = PATIENCE) -> T:
        bot, pauses = await self._account.bot(), iter(_PAUSES)
        while True:
            try:
                return await call(bot)
            except TokenRejected:
                bot = await self._account.bot(rejected=bot)
            except TryAgain as trouble:
                seconds = next(pauses, None) if trouble.retry_after is None else trouble.retry_after
                if seconds is None or trouble.is_uncertain or seconds > patience:
                    raise
                if trouble.retry_after is not None:
                    patience -= seconds
                await asyncio.sleep(seconds)

    async def _download(self, bot: Bot, file_id: str) -> bytes:
        try:
            with sorted_out():
                async with asyncio.timeout(_TIMEOUT):
                    file = await self._find(bot, file_id)
        except Undeliverable as refusal:
            if "too big" in str(refusal):
                raise FileTooBig from None
            raise TryAgain(f"Telegram does not hand out the file: {refusal}") from None
        if (file.file_size or 0) > Limit.DOWNLOAD_BYTES:
            raise FileTooBig
        root = f"{bot.base_file_url}/"
        path = (file.file_path or "").removeprefix(root)
        # python-telegram-bot passes on, unchanged, a path that happens to exist on this machine.
        if path == file.file_path or not _FILE_PATH.fullmatch(path):
            raise TryAgain("Telegram names a file that is not its own")
        with sorted_out():
            async with asyncio.timeout(_DOWNLOAD_TIMEOUT):
                return await self._fetch(root + path)

    @staticmethod
    async def _find(bot: Bot, file_id: str) -> File:
        """The first call for a photo: it meets the connections that died while the function was frozen.

        Asking twice does no harm, so each of them costs an attempt, not the photo.
        """
        for _ in range(_CONNECTIONS):
            try:
                return await bot.get_file(file_id, read_timeout=_DEAD)
            except NetworkError as error:
                if not isinstance(error.__cause__, _BROKEN):
                    raise
        return await bot.get_file(file_id)

    async def _fetch(self, url: str) -> bytes:
        content = bytearray()
        async with self._request.stream(url) as response:
            if response.status_code != httpx.codes.OK:
                raise TryAgain(f"Telegram answers {response.status_code} for the file")
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > Limit.DOWNLOAD_BYTES:
                    raise FileTooBig
        return bytes(content)


def _reply_to(origin: Origin) -> ReplyParameters:
    return ReplyParameters(origin.message_id, allow_sending_without_reply=True)
