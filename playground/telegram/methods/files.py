"""Files that people sent, for the bot to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emotion_bot.chat.constants import Limit
from playground.telegram.parameters import BadRequest, Parameters

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram


def get_file(telegram: Telegram, parameters: Parameters) -> Json:
    """https://core.telegram.org/bots/api#getfile"""
    file_id = parameters.text("file_id")
    if not file_id:
        raise BadRequest("file_id not specified")
    file = telegram.files.get(file_id)
    if file is None:
        raise BadRequest("invalid file_id")
    if len(file.content) > Limit.DOWNLOAD_BYTES:
        raise BadRequest("file is too big")
    return file.described() | {"file_path": file.path}


METHODS: Final = (get_file,)
