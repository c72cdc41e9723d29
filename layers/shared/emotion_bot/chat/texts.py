"""Everything that the bot says, by language. English stands in the code, the other languages in `locale/`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from emotion_bot.chat.album_captions import AlbumCaptions
from emotion_bot.chat.captions import LISTED_FACES, Captions
from emotion_bot.chat.catalogue import DOMAIN, LOCALE
from emotion_bot.chat.commands import Commands
from emotion_bot.chat.menu import COMMANDS, Command
from emotion_bot.chat.refusals import Refusals

__all__ = [
    "COMMANDS", "DOMAIN", "LANGUAGES", "LANGUAGE_NAMES", "LISTED_FACES", "LOCALE", "Command", "Texts",
    "language_of", "texts",
]  # fmt: skip

LANGUAGES: Final = ("en", "de", "es", "pt", "ru", "uk")
"""The first is what everybody else gets."""

LANGUAGE_NAMES: Final = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "pt": "Português",
    "ru": "Русский",
    "uk": "Українська",
}
"""What each calls itself."""


def language_of(code: object) -> str:
    """One of LANGUAGES for a language tag such as Telegram's `language_code`; English where in doubt."""
    primary = code.replace("_", "-").partition("-")[0].lower() if isinstance(code, str) else ""
    return primary if primary in LANGUAGES else LANGUAGES[0]


@lru_cache
def texts(language: str) -> Texts:
    """The bot's sentences in one of LANGUAGES; English for any other."""
    return Texts(language)


class Texts(Commands, Refusals, Captions, AlbumCaptions):
    """The bot's sentences in one language, as plain text.

    Example:
        >>> from emotion_bot.chat.faces import SeenFace
        >>> face = SeenFace(["happy"], {"happy": 0.931, "sad": 0.019, "neutral": 0.05}, (231, 240))
        >>> texts("en").label(face)
        'looks happy 93%'
        >>> texts("de").label(face)
        'sieht fröhlich aus, 93 %'
    """

    @property
    def details_button(self) -> str:
        """Under a photo with one face."""
        return self._words.gettext("Details")
