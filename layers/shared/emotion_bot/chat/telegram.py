"""The way out: fetch a photo from Telegram, send an answer to it."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Final

import httpx
from telegram import Bot, InputFile, InputMediaPhoto, ReplyParameters
from telegram.error import NetworkError
from telegram.request import HTTPXRequest

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.errors import FileTooBig, TelegramFailure, TryAgain, Undeliverable, sorted_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telegram import File, InlineKeyboardMarkup

    from emotion_bot.jobs import Origin

# They log the addresses of their requests, which hold the token, and answers that they cannot parse.
for library, level in (
    ("httpx", logging.WARNING),
    ("httpcore", logging.WARNING),
    ("telegram", logging.CRITICAL),
):
    logging.getLogger(library).setLevel(level)

_TIMEOUT: Final = 20.0
"""Seconds without a byte before Telegram counts as out of reach."""
_DOWNLOAD_TIMEOUT: Final = 60.0
"""Seconds for a whole file, which may come in drops."""
_CONNECTIONS: Final = 12
"""At one time: one for each photo of a batch, and some to spare."""
_KEPT: Final = 70.0
"""Seconds that an idle one is kept; nginx, which answers for Telegram, closes it after 75 by default."""
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
    """A bot's account. Keeps its connections, so make one and use it in one event loop."""

    def __init__(
        self, token: str, api_url: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Make no connection yet.

        Args:
            token: the bot's, from @BotFather.
            api_url: the Bot API server, the only host that is ever asked.
            transport: another way to reach it, for tests.
        """
        api = api_url.rstrip("/")
        self._request = _Request(
            connect_timeout=_TIMEOUT,
            read_timeout=_TIMEOUT,
            write_timeout=_TIMEOUT,
            pool_timeout=_TIMEOUT,
            media_write_timeout=_TIMEOUT,
            httpx_kwargs={
                "transport": transport,
                "limits": httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=_KEPT),
            },
        )
        self.bot = Bot(
            token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )

    async def connect(self) -> None:
        """Open a connection ahead of the first photo. A failure is left to that photo to tell."""
        with suppress(TelegramFailure), sorted_out():
            await self.bot.get_me()

    async def close(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    async def download(self, file_id: str) -> bytes:
        """A file's bytes.

        Raises:
            FileTooBig: over Limit.DOWNLOAD_BYTES, as Telegram says or as it turns out.
            TokenRejected: the token is wrong.
            TryAgain: it cannot be had now; Telegram says so of a file that it no longer knows, too.
        """
        try:
            with sorted_out():
                async with asyncio.timeout(_TIMEOUT):
                    file = await self._find(file_id)
        except Undeliverable as refusal:
            if "too big" in str(refusal):
                raise FileTooBig from None
            raise TryAgain(f"Telegram does not hand out the file: {refusal}") from None
        if (file.file_size or 0) > Limit.DOWNLOAD_BYTES:
            raise FileTooBig
        root = f"{self.bot.base_file_url}/"
        path = (file.file_path or "").removeprefix(root)
        # python-telegram-bot passes on, unchanged, a path that happens to exist on this machine.
        if path == file.file_path or not _FILE_PATH.fullmatch(path):
            raise TryAgain("Telegram names a file that is not its own")
        with sorted_out():
            async with asyncio.timeout(_DOWNLOAD_TIMEOUT):
                return await self._fetch(root + path)

    async def _find(self, file_id: str) -> File:
        """The first call for a photo: it meets the connections that died while the function was frozen.

        Asking twice does no harm, so each of them costs an attempt, not the photo.
        """
        for _ in range(_CONNECTIONS):
            try:
                return await self.bot.get_file(file_id, read_timeout=_DEAD)
            except NetworkError as error:
                if not isinstance(error.__cause__, _BROKEN):
                    raise
        return await self.bot.get_file(file_id)

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

    async def send_photo(
        self, origin: Origin, jpeg: bytes, caption: str, buttons: InlineKeyboardMarkup | None = None
    ) -> None:
        """Answer a message with a photo, and buttons under it.

        Raises:
            TelegramFailure: any but FileTooBig.
        """
        with sorted_out():
            await self.bot.send_photo(
                origin.chat_id,
                InputFile(jpeg, filename=_FILE_NAME),
                caption=caption,
                message_thread_id=origin.thread_id,
                reply_parameters=_reply_to(origin),
                reply_markup=buttons,
            )

    async def send_album(self, origin: Origin, jpegs: Sequence[bytes], caption: str) -> None:
        """Answer a message with an album of 2 to 10 photos: all of them are sent, or none.

        Raises:
            TelegramFailure: any but FileTooBig.
        """
        with sorted_out():
            await self.bot.send_media_group(
                origin.chat_id,
                [InputMediaPhoto(jpeg, filename=_FILE_NAME) for jpeg in jpegs],
                caption=caption,
                message_thread_id=origin.thread_id,
                reply_parameters=_reply_to(origin),
            )

    async def send_text(self, origin: Origin, text: str) -> None:
        """Answer a message with a sentence.

        Raises:
            TelegramFailure: any but FileTooBig.
        """
        with sorted_out():
            await self.bot.send_message(
                origin.chat_id,
                text,
                message_thread_id=origin.thread_id,
                reply_parameters=_reply_to(origin),
            )


def _reply_to(origin: Origin) -> ReplyParameters:
    return ReplyParameters(origin.message_id, allow_sending_without_reply=True)
