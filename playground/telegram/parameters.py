"""The parameters of a Bot API call, read and checked as the official server does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


class ApiError(Exception):
    """An answer with `"ok": false`."""

    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        super().__init__(description)
        self.description = description
        self.code = code
        self.parameters = parameters


class BadRequest(ApiError):
    """What the caller asked for cannot be done."""

    def __init__(self, description: str) -> None:
        super().__init__(f"Bad Request: {description}")


class Forbidden(ApiError):
    """The chat is closed to the bot."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Forbidden: {reason}", 403)


class TooManyRequests(ApiError):
    """The bot shall slow down (`Query::set_retry_after_error` of github.com/tdlib/telegram-bot-api)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too Many Requests: retry after {retry_after}", 429, retry_after=retry_after)


@dataclass(frozen=True)
class Upload:
    """A file in a call."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Parameters:
    """Values as they came: strings from a form or a query, anything from JSON."""

    values: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A string; empty where it is missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A number; `default` where it is missing or none, as the official server reads it."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        """True for true, yes and 1."""
        return self.text(name).lower() in ("true", "yes", "1")

    def json(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """A JSON value, also where it came as a string; None where it is missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise BadRequest(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        """A file sent under this name, or attached under another."""
        return self.attached(self.text(name)) or self.uploads.get(name)

    def attached(self, reference: str) -> Upload | None:
        """The file that `attach://name` stands for."""
        scheme, separator, name = reference.partition("://")
        return self.uploads.get(name) if separator and scheme == "attach" else None
