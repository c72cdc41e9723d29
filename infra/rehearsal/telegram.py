"""Telegram, as functions see it: the playground's emulator, and its way to a deployed webhook."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from infra.rehearsal.doors import HOST
from playground.telegram import Telegram
from playground.telegram.server import BotApi

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "telegram"
"""What containers call it."""
TOKEN: Final = "1000000:rehearsal"  # noqa: S105 - opens the emulator only
_FUNCTION_URL: Final = re.compile(r"[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws")


class FunctionUrls(httpx.BaseTransport):
    """Brings what is meant for AWS's Function URLs to the emulator of AWS, and nothing else anywhere.

    Args:
        port: of the emulator on loopback.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on; its Host header names the function.

        Raises:
            httpx.ConnectError: it is meant for another host.
        """
        if not _FUNCTION_URL.fullmatch(request.url.host):
            raise httpx.ConnectError(f"{request.url.host} is no Function URL", request=request)
        url = request.url.copy_with(scheme="http", host=HOST, port=self._port)
        return self._inner.handle_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._inner.close()


@contextmanager
def telegram(cloud_port: int) -> Iterator[tuple[Telegram, int]]:
    """Telegram with one bot, and the port of loopback where it answers.

    Args:
        cloud_port: of the emulator of AWS, which has the webhooks.
    """
    made = Telegram(TOKEN)
    api = BotApi(made, names=[NAME], transport=FunctionUrls(cloud_port))
    try:
        yield made, urlsplit(api.url).port or 0
    finally:
        api.close()
