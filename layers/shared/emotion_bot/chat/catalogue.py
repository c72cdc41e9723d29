"""One language's catalogue of gettext, which everything that the bot says is looked up in."""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import Final

DOMAIN: Final = "emotion_bot"
LOCALE: Final = Path(__file__).with_name("locale")


class Catalogue:
    """Words of one language; English, as it stands in the code, where that language has none."""

    def __init__(self, language: str) -> None:
        # English needs no catalogue: what is not translated stays as it is written.
        self._words = gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
