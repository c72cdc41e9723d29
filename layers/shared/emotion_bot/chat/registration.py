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


async def register(telegram: Telegram, webhook_url: str, secret: str) -> None:
    """Introduce the bot, and then let its updates come.

    The webhook's address carries the bot's name: by it the webhook tells its own commands from other bots'.

    Raises:
        UnusableSecret: the secret is not of the form that Telegram takes.
        TelegramFailure: Telegram refuses, or is out of reach.
    """
    if not re.fullmatch(SECRET_PATTERN, secret):
        raise UnusableSecret
    bot = telegram.bot
    with sorted_out():
        name = (await bot.get_me()).username
        for code in _codes():
            words = texts(code or LANGUAGES[0])
            await bot.set_my_commands(list(words.command_descriptions.items()), language_code=code)
            await bot.set_my_description(words.description, language_code=code)
            await bot.set_my_short_description(words.short_description, language_code=code)
        await bot.set_webhook(
            f"{webhook_url}?{urlencode({'bot': name})}",
            secret_token=secret,
            allowed_updates=UPDATES,
            max_connections=Limit.WEBHOOK_CONNECTIONS,
        )


async def unregister(telegram: Telegram) -> None:
    """Stop the updates, and take the menu of commands away.

    Raises:
        TelegramFailure: Telegram refuses, or is out of reach.
    """
    with sorted_out():
        await telegram.bot.delete_webhook()
        for code in _codes():
            await telegram.bot.delete_my_commands(language_code=code)


def _codes() -> tuple[str | None, ...]:
    """None is what everybody sees whose language has none of its own: the first of LANGUAGES."""
    return (None, *LANGUAGES[1:])
