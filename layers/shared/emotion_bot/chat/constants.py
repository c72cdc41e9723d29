"""Every Telegram limit that the bot depends on, named once, with its source."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from telegram.constants import (
    BotCommandLimit,
    BotDescriptionLimit,
    CallbackQueryLimit,
    FileSizeLimit,
    MessageLimit,
    UpdateType,
)


class Limit(IntEnum):
    """What Telegram allows."""

    DOWNLOAD_BYTES = 20 << 20
    """`MAX_DOWNLOAD_FILE_SIZE` of github.com/tdlib/telegram-bot-api, Client.h; documented as 20 MB."""
    PHOTO_UPLOAD_BYTES = FileSizeLimit.PHOTOSIZE_UPLOAD
    """https://core.telegram.org/bots/api#sendphoto"""
    CAPTION_CHARACTERS = MessageLimit.CAPTION_LENGTH
    """https://core.telegram.org/bots/api#sendphoto"""
    TEXT_CHARACTERS = MessageLimit.MAX_TEXT_LENGTH
    """https://core.telegram.org/bots/api#sendmessage"""
    ALERT_CHARACTERS = CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH
    """https://core.telegram.org/bots/api#answercallbackquery"""
    COMMAND_DESCRIPTION_CHARACTERS = BotCommandLimit.MAX_DESCRIPTION
    """https://core.telegram.org/bots/api#botcommand"""
    DESCRIPTION_CHARACTERS = BotDescriptionLimit.MAX_DESCRIPTION_LENGTH
    """https://core.telegram.org/bots/api#setmydescription"""
    SHORT_DESCRIPTION_CHARACTERS = BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH
    """https://core.telegram.org/bots/api#setmyshortdescription"""
    WEBHOOK_CONNECTIONS = 40
    """Telegram's own default; 100 at most: https://core.telegram.org/bots/api#setwebhook"""


PHOTO_SIDE: Final = 1280
"""Pixels. The size to fetch: Telegram makes copies with a longer side of 90, 320, 800, 1280, sometimes 2560,
and in one of 1280 the smallest face that is looked for (`manifest.CascadeSettings`) is as large as a crop."""

UPDATES: Final = (UpdateType.MESSAGE.value, UpdateType.CALLBACK_QUERY.value)
"""What Telegram is asked to send, and nothing else: https://core.telegram.org/bots/api#setwebhook"""

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - its name
"""https://core.telegram.org/bots/api#setwebhook; Function URL events carry header names in lower case."""

SECRET_PATTERN: Final = r"[A-Za-z0-9_-]{1,256}"  # noqa: S105 - its form
"""https://core.telegram.org/bots/api#setwebhook"""
