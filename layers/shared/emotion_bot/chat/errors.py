"""What can go wrong with Telegram, sorted by what one can do about it. No message holds the token.

TelegramFailure
├── Undeliverable      the person blocked the bot, the chat is gone: nothing to retry
│   └── Refused        this call, such as a photo where none may be sent: another may be taken
├── FileTooBig         Telegram does not let bots fetch this file
├── TokenRejected      the bot's token is wrong or was revoked
├── TokenUnavailable   the bot's token cannot be read
└── TryAgain           flood control, Telegram's own trouble, the network: later it may work
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_REASON = 200
"""Characters; Telegram's own are shorter."""
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{8,}")
"""Telegram's own reasons never hold it; another server might quote the address that it was asked at."""
_NOT_OUT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""How a request fails of which Telegram has certainly not seen a byte."""


class TelegramFailure(Exception):
    """Base of these errors."""


class Undeliverable(TelegramFailure):
    """Telegram refuses for good."""


class Refused(Undeliverable):
    """Telegram refuses this call for good; that it refuses every other is not said."""


class FileTooBig(TelegramFailure):
    """The file is over what a bot can download."""


class TokenRejected(TelegramFailure):
    """Telegram does not know the bot's token."""

    def __init__(self) -> None:
        super().__init__(
            "Telegram rejects the bot's token; set the token's parameter to the one that @BotFather shows."
        )


class TokenUnavailable(TelegramFailure):
    """The place where the token is kept does not hand it out."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The bot's token cannot be read: {reason}.")


class TryAgain(TelegramFailure):
    """It may work later."""

    def __init__(self, message: str, retry_after: int | None = None, *, is_uncertain: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds, where Telegram says so."""
        self.is_uncertain = is_uncertain
        """Whether what was to be sent may be in the chat all the same."""


@contextmanager
def sorted_out(*, sends: bool = False) -> Iterator[None]:
    """Turn what python-telegram-bot and httpx raise into the errors above.

    The originals are left behind: they quote Telegram's answer, and their requests' URLs hold the token.

    Args:
        sends: whether the call puts a message into a chat, of which one cannot always know that it did not.
    """
    try:
        yield
    except RetryAfter as error:
        # Not the property: it warns, on every use, that its type is about to change.
        seconds = int(error._retry_after.total_seconds())
        raise TryAgain(f"flood control for {seconds} s", seconds) from None
    except InvalidToken:
        raise TokenRejected from None
    except ChatMigrated:
        raise Undeliverable("the group became a supergroup") from None
    except Forbidden as error:
        raise Undeliverable(_refusal(error)) from None
    except BadRequest as error:
        raise Refused(_refusal(error)) from None
    except (NetworkError, httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
        is_out = not isinstance(error.__cause__, _NOT_OUT)
        raise TryAgain(
            f"Telegram cannot be reached: {type(error).__name__}", is_uncertain=sends and is_out
        ) from None
    except (TelegramError, httpx.InvalidURL) as error:
        raise TryAgain(
            f"Telegram answers something unexpected: {type(error).__name__}", is_uncertain=sends
        ) from None


def _refusal(error: TelegramError) -> str:
    """Telegram's reason. What a proxy says instead, which could be anything, is left out."""
    if "server response" in error.message:
        return type(error).__name__
    return _TOKEN.sub("<token>", error.message)[:_LONGEST_REASON]
