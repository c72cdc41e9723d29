"""Answers to pressed buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telegram import CallbackQuery

from playground.telegram.parameters import BadRequest, Parameters

if TYPE_CHECKING:
    from playground.telegram.emulator import Telegram


def answer_callback_query(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#answercallbackquery"""
    text = parameters.text("text")
    if len(text) > CallbackQuery.MAX_ANSWER_TEXT_LENGTH:
        raise BadRequest("MESSAGE_TOO_LONG")
    query_id = parameters.text("callback_query_id")
    if not telegram.answer_query(query_id, text, show_alert=parameters.flag("show_alert")):
        raise BadRequest("query is too old and response timeout expired or query ID is invalid")
    return True


METHODS: Final = (answer_callback_query,)
