"""What a message can hold: texts with their entities, files of every kind, as a person's app sends them."""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Literal

from playground.telegram.photos import pixels, sizes

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram

Kind = Literal[
    "animation", "audio", "contact", "dice", "location", "poll", "story", "venue", "video", "video_note",
    "voice",
]  # fmt: skip
StickerKind = Literal["static", "animated", "video"]

_IMAGES: Final = {".avif": "image/avif", ".heic": "image/heic", ".heif": "image/heif", ".webp": "image/webp"}
"""What not every machine's table of types knows, and every phone's does."""
_ENTITIES: Final = {
    "bot_command": re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(@\w+)?"),
    "mention": re.compile(r"(?<![\w/@])@[A-Za-z][A-Za-z0-9_]{3,31}"),
}
_FILES: Final[dict[str, tuple[str, Json]]] = {
    "animation": (".mp4", {"width": 320, "height": 240, "duration": 2, "mime_type": "video/mp4"}),
    "audio": (".mp3", {"duration": 180, "mime_type": "audio/mpeg"}),
    "video": (".mp4", {"width": 1280, "height": 720, "duration": 5, "mime_type": "video/mp4"}),
    "video_note": (".mp4", {"length": 240, "duration": 5}),
    "voice": (".ogg", {"duration": 3, "mime_type": "audio/ogg"}),
}
_PLACE: Final[Json] = {"latitude": 48.1, "longitude": 11.6}
_OTHERS: Final[dict[str, Json]] = {
    "contact": {"phone_number": "+10000000000", "first_name": "Ada"},
    "dice": {"emoji": "🎲", "value": 4},
    "location": _PLACE,
    "poll": {
        "id": "1",
        "question": "Tea?",
        "options": [],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    },
    "story": {"id": 1, "chat": {"id": 777, "type": "private", "first_name": "Ada"}},
    "venue": {"location": _PLACE, "title": "Café", "address": "1 High Street"},
}


def text(content: str, name: Literal["text", "caption"] = "text") -> Json:
    """A text or a caption; its commands and mentions are marked as Telegram marks them. Nothing for ""."""
    if not content:
        return {}
    entities: list[Json] = [
        {"type": kind, "offset": _utf16(content[: found.start()]), "length": _utf16(found[0])}
        for kind, pattern in _ENTITIES.items()
        for found in pattern.finditer(content)
    ]
    marks = {"text": "entities", "caption": "caption_entities"}[name]
    in_order = sorted(entities, key=lambda entity: int(entity["offset"]))
    return {name: content, marks: in_order} if entities else {name: content}


def photo(telegram: Telegram, content: bytes) -> Json:
    """A photo: Telegram keeps upright JPEGs of it.

    Raises:
        NotAPhoto: an app would send this as a file.
    """
    return {"photo": telegram.keep_photo(sizes(pixels(content)))}


def document(telegram: Telegram, content: bytes, name: str, mime_type: str | None = None) -> Json:
    """A file as it is; its type is what a phone calls it unless said otherwise, "" for none."""
    file = telegram.keep_file(content, name, "documents")
    if mime_type is None:
        suffix = PurePath(name).suffix.lower()
        mime_type = _IMAGES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    described = {"file_name": name, "mime_type": mime_type} if mime_type else {"file_name": name}
    return {"document": described | file.described()}


def sticker(telegram: Telegram, content: bytes, kind: StickerKind) -> Json:
    """A sticker: WebP where static, else an animation's file."""
    suffix = {"static": ".webp", "animated": ".tgs", "video": ".webm"}[kind]
    file = telegram.keep_file(content, f"sticker{suffix}", "stickers")
    fields = {"width": 512, "height": 512, "type": "regular", "emoji": "🙂"}
    return {
        "sticker": fields
        | {"is_animated": kind == "animated", "is_video": kind == "video"}
        | file.described()
    }


def other(telegram: Telegram, kind: Kind) -> Json:
    """Anything else: its fields, and a file of a few bytes where it has one."""
    if kind in _OTHERS:
        content: Json = {kind: _OTHERS[kind]}
        return content | ({"location": _PLACE} if kind == "venue" else {})
    suffix, fields = _FILES[kind]
    described: dict[str, Any] = (
        fields | telegram.keep_file(b"nothing to see", f"file{suffix}", kind).described()
    )
    # Telegram sets both fields, for apps that know no animations.
    return {kind: described} | ({"document": described} if kind == "animation" else {})


def _utf16(content: str) -> int:
    """Length as Telegram counts it: https://core.telegram.org/api/entities#entity-length"""
    return len(content.encode("utf-16-le")) // 2
