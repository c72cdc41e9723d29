"""The methods of the Bot API that the bot needs, with the official server's checks and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.telegram.methods import account, files, profile, queries, sending
from playground.telegram.parameters import ApiError, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.telegram.emulator import Telegram

_METHODS: dict[str, Callable[[Telegram, Parameters], Any]] = {
    function.__name__.replace("_", ""): function
    for topic in (account, files, profile, queries, sending)
    for function in topic.METHODS
}
"""By name in lower case: names are case-insensitive."""


def call(telegram: Telegram, name: str, parameters: Parameters) -> Any:  # noqa: ANN401 - any JSON
    """The `result` of a method.

    Raises:
        ApiError: as the official server would answer.
    """
    method = _METHODS.get(name.lower())
    if method is None:
        raise ApiError("Not Found: method not found", 404)
    try:
        telegram.trouble.strike(name, parameters)
        return method(telegram, parameters)
    except ApiError as error:
        with telegram.changed:
            for observer in telegram.observers:
                observer.method_refused(name, parameters.values, error.description)
        raise
