"""What the page may ask for, checked: each mistake is one sentence for whoever made it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import request

from emotion_bot.chat.constants import Limit

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

MAX_UPLOAD: Final = 32 * 1024 * 1024
"""Bytes of a file; more than a bot can fetch (20 MB), so that one can see what it says to that."""
MAX_REQUEST: Final = 4 * MAX_UPLOAD
"""Bytes of all files sent at once."""
MAX_FILES: Final = 30
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")


class Mistake(Exception):
    """A request that cannot be fulfilled; the message says what to do instead."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class Sent(NamedTuple):
    """What a person sends, without its files."""

    text: str
    language: str
    reply_to: int | None


def body() -> dict[str, Any]:
    """The request's JSON object."""
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise Mistake("Send a JSON object, with the content type application/json.")
    return content


def text() -> Sent:
    """Of `POST /text`."""
    content = body()
    words = content.get("text")
    if not isinstance(words, str) or not words.strip():
        raise Mistake("Write something to send.")
    words = words.strip()
    if len(words) > Limit.TEXT_CHARACTERS:
        raise Mistake(
            f"A message has at most {Limit.TEXT_CHARACTERS} characters; shorten these {len(words)}."
        )
    return Sent(words, language(content.get("language", "en")), _message_id(content.get("reply_to")))


def caption() -> Sent:
    """What stands beside the files of `POST /file`."""
    words = request.form.get("caption", "").strip()
    if len(words) > Limit.CAPTION_CHARACTERS:
        raise Mistake(
            f"A caption has at most {Limit.CAPTION_CHARACTERS} characters; shorten these {len(words)}."
        )
    reply_to = request.form.get("reply_to")
    number = int(reply_to) if reply_to and reply_to.isdecimal() and len(reply_to) < 16 else reply_to
    return Sent(words, language(request.form.get("language", "en")), _message_id(number or None))


def files() -> list[tuple[str, bytes]]:
    """Name and content of each file of `POST /file`."""
    uploads = request.files.getlist("file")
    if not uploads:
        raise Mistake("Choose a file to send.")
    if len(uploads) > MAX_FILES:
        raise Mistake(f"Send at most {MAX_FILES} files at once; these are {len(uploads)}.")
    return [_file(upload) for upload in uploads]


def _file(upload: FileStorage) -> tuple[str, bytes]:
    name = upload.filename or "file"
    content = upload.read(MAX_UPLOAD + 1)
    if len(content) > MAX_UPLOAD:
        raise Mistake(f"{name} is larger than {MAX_UPLOAD >> 20} MB; choose a smaller file.", 413)
    return name, content


def pressed() -> tuple[int, str, str]:
    """Message, data and language of `POST /press`."""
    content = body()
    message_id, data = content.get("message_id"), content.get("data")
    if type(message_id) is not int or not isinstance(data, str):
        raise Mistake("Name the button: the id of its message, and its data.")
    return message_id, data, language(content.get("language", "en"))


def engine() -> tuple[str, bool]:
    """Engine of `POST /engine`, and whether it may be installed."""
    content = body()
    name, install = content.get("engine"), content.get("install", False)
    if name not in ("litert", "tensorflow") or not isinstance(install, bool):
        raise Mistake("Choose an engine, litert or tensorflow, and whether to install it, true or false.")
    return name, install


def faults() -> dict[str, bool]:
    """The faults of `POST /faults`, each to be switched on or off."""
    content = body()
    if (
        not content
        or not content.keys() <= {"slow", "flood", "no_bundle"}
        or not all(isinstance(on, bool) for on in content.values())
    ):
        raise Mistake("Switch the faults slow, flood and no_bundle on or off with true or false.")
    return content


def language(code: Any) -> str:  # noqa: ANN401 - any JSON
    """A language of an app, such as "en" or "pt-BR"."""
    if not isinstance(code, str) or not _LANGUAGE.fullmatch(code):
        raise Mistake("Name the language by its code, such as en or pt-BR.")
    return code


def _message_id(number: Any) -> int | None:  # noqa: ANN401 - any JSON
    if number is not None and type(number) is not int:
        raise Mistake("Name the message to reply to by its number.")
    return number
