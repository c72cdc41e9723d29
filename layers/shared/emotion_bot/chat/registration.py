"""How Telegram comes to know the bot: its webhook, its commands and descriptions in every language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from emotion_bot.chat.constants import SECRET_PATTERN, UPDATES, Limit
from emotion_bot.chat.errors import sorted_out
from emotion_bot.chat.texts import LANGUAGES, texts

if TYPE_CHECKING:
    from emotion_bot.chat.telegram import Telegram


class UnusableSecret(ValueError):
    """Telegram would refuse this secret token."""

    def __init__(self) -> None:
        super().__init__(
            "The webhook's secret must be 1 to 256 letters, digits, _ or -; set its parameter so."
        )


def check(secret: str) -> str:
    """The webhook's secret, if Telegram would take it.

    Raises:
        UnusableSecret: it is not of the form that Telegram takes.
    """
    if not re.fullmatch(SECRET_PATTERN, secret):
        raise UnusableSecret
    return secret


async def introduce(telegram: Telegram) -> str | None:
    """Tell commands and descriptions; returns the bot's name.

    Raises:
        TelegramFailure: Telegram refuses, or is out of reach.
    """
    bot = telegram.bot
    with sorted_out():
        name = (await bot.get_me()).username
        for code in _codes():
            words = texts(code or LANGUAGES[0])
            await bot.set_my_commands(list(words.command_descriptions.items()), language_code=code)
            await bot.set_my_description(words.description, language_code=code)
            await bot.set_my_short_description(words.short_description, language_code=code)
    return name


async def listen(telegram: Telegram, webhook_url: str, name: str | None, secret: str) -> None:
    """Let the bot's updates come; those of the webhook before, if there is one, now come to this.

    The webhook's address carries the bot's name: by it the webhook tells its own commands from other bots'.

    Raises:
        TelegramFailure: Telegram refuses, or is out of reach.
    """
    with sorted_out():
        await telegram.bot.set_webhook(
            f"{webhook_url}?{urlencode({'bot': name})}",
            secret_token=secret,
            allowed_updates=UPDATES,
            max_connections=Limit.WEBHOOK_CONNECTIONS,
        )


async def unregister(telegram: Telegram, webhook_url: str) -> None:
    """Stop the updates, and take commands and descriptions back.

    A bot whose updates go elsewhere is left as it is: another stack has taken it over.

    Raises:
        TelegramFailure: Telegram refuses, or is out of reach.
    """
    bot = telegram.bot
    with sorted_out():
        registered = (await bot.get_webhook_info()).url
        if registered and registered.partition("?")[0] != webhook_url:
            return
        await bot.delete_webhook()
        for code in _codes():
            await bot.delete_my_commands(language_code=code)
            await bot.set_my_description(language_code=code)
            await bot.set_my_short_description(language_code=code)


def _codes() -> tuple[str | None, ...]:
    """None is what everybody sees whose language has none of its own: the first of LANGUAGES."""
    return (None, *LANGUAGES[1:])
