"""Which file of a message is the picture to look at, if any is."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from emotion_bot.chat.constants import PHOTO_SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telegram import Document, ExternalReplyInfo, Message, PhotoSize, Sticker

_SUFFIXES: Final = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff"}
"""Of names; many an app sends a picture as `application/octet-stream`."""


def picture(content: Message | ExternalReplyInfo) -> PhotoSize | Document | Sticker | None:
    """A photo in the smallest size that serves, an image sent as a file, or a sticker that stands still.

    A live photo is a photo too: Telegram sets both fields.
    """
    if content.photo:
        return _smallest(content.photo)
    # Telegram describes an animation as a document too.
    if content.document and not content.animation and _is_image(content.document):
        return content.document
    if content.sticker and not (content.sticker.is_animated or content.sticker.is_video):
        return content.sticker
    return None


def _smallest(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """The smallest that is large enough, else the largest there is."""

    def side(size: PhotoSize) -> int:
        return max(size.width, size.height)

    enough = [size for size in sizes if side(size) >= PHOTO_SIDE]
    return min(enough, key=side) if enough else max(sizes, key=side)


def _is_image(document: Document) -> bool:
    if (document.mime_type or "").lower().startswith("image/"):
        return True
    return PurePath(document.file_name or "").suffix.lower() in _SUFFIXES
