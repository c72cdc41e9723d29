"""Inline keyboards, read and checked as the official server does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telegram.constants import InlineKeyboardButtonLimit

from playground.telegram.parameters import BadRequest

if TYPE_CHECKING:
    from playground.telegram.emulator import Json

MAX_BUTTONS: Final = 100
"""Of one keyboard; more are REPLY_MARKUP_TOO_LONG."""
MAX_ROW: Final = 8
"""Buttons; apps show no more beside each other."""
_ACTIONS: Final = ("url", "callback_data")
"""Of a button: those that a bot like ours has."""


def inline_keyboard(markup: Any) -> Json:  # noqa: ANN401 - any JSON
    """An InlineKeyboardMarkup, as a message keeps it.

    Raises:
        BadRequest: it is none.
    """
    if not isinstance(markup, dict):
        raise BadRequest("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        raise BadRequest('can\'t find field "inline_keyboard"')
    keyboard = [[_button(button) for button in _row(row)] for row in rows]
    if sum(map(len, keyboard)) > MAX_BUTTONS or any(len(row) > MAX_ROW for row in keyboard):
        raise BadRequest("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": [row for row in keyboard if row]}


def _row(row: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    if not isinstance(row, list):
        raise BadRequest('field "inline_keyboard" must be an Array of Arrays')
    return row


def _button(button: Any) -> Json:  # noqa: ANN401 - any JSON
    if not isinstance(button, dict):
        raise BadRequest("can't parse inline keyboard button: InlineKeyboardButton should be an Object")
    text, action = button.get("text"), {name: button[name] for name in _ACTIONS if button.get(name)}
    if not isinstance(text, str) or not text:
        raise BadRequest('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not action:
        raise BadRequest(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(str(action.get("callback_data", "")).encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
        raise BadRequest("BUTTON_DATA_INVALID")
    return {"text": text, **action}
