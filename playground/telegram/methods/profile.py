"""What the bot says about itself: commands by scope and language, descriptions by language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from emotion_bot.chat.constants import Limit
from playground.telegram.parameters import BadRequest, Parameters

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram

MAX_COMMANDS: Final = 100
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE: Final = re.compile(r"([a-z]{2})?")
_SCOPES: Final = frozenset(["default", "all_private_chats", "all_group_chats", "all_chat_administrators"])
"""https://core.telegram.org/bots/api#botcommandscope, without those of a single chat."""


def set_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#setmycommands"""
    commands = parameters.json("commands")
    if not isinstance(commands, list):
        raise BadRequest("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise BadRequest("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(command["command"].removeprefix("/")):
            raise BadRequest("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise BadRequest("BOT_COMMAND_DESCRIPTION_INVALID")
    telegram.profile.commands[_scope(parameters), _language(parameters)] = commands
    return True


def delete_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#deletemycommands"""
    telegram.profile.commands.pop((_scope(parameters), _language(parameters)), None)
    return True


def get_my_commands(telegram: Telegram, parameters: Parameters) -> list[Json]:
    """https://core.telegram.org/bots/api#getmycommands"""
    return telegram.profile.commands.get((_scope(parameters), _language(parameters)), [])


def set_my_description(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#setmydescription"""
    limit = Limit.DESCRIPTION_CHARACTERS
    return _describe(telegram.profile.description, parameters, "description", limit)


def set_my_short_description(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#setmyshortdescription"""
    limit = Limit.SHORT_DESCRIPTION_CHARACTERS
    return _describe(telegram.profile.short_description, parameters, "short_description", limit)


def get_my_description(telegram: Telegram, parameters: Parameters) -> Json:
    """https://core.telegram.org/bots/api#getmydescription"""
    return {"description": telegram.profile.description.get(_language(parameters), "")}


def get_my_short_description(telegram: Telegram, parameters: Parameters) -> Json:
    """https://core.telegram.org/bots/api#getmyshortdescription"""
    return {"short_description": telegram.profile.short_description.get(_language(parameters), "")}


def _describe(by_language: dict[str, str], parameters: Parameters, name: str, limit: int) -> bool:
    text = parameters.text(name)
    if len(text) > limit:
        raise BadRequest(f"{name.replace('_', ' ')} is too long")
    by_language[_language(parameters)] = text
    return True


def _language(parameters: Parameters) -> str:
    code = parameters.text("language_code")
    if not _LANGUAGE.fullmatch(code):
        raise BadRequest("invalid language code specified")
    return code


def _scope(parameters: Parameters) -> str:
    scope = parameters.json("scope") or {"type": "default"}
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind not in _SCOPES:
        raise BadRequest("can't parse BotCommandScope: unsupported type specified")
    return str(kind)


METHODS: Final = (
    set_my_commands,
    delete_my_commands,
    get_my_commands,
    set_my_description,
    set_my_short_description,
    get_my_description,
    get_my_short_description,
)
