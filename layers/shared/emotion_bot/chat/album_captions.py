"""What is said about an album: a line for each of its items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emotion_bot.chat.faces import SeenFace
    from emotion_bot.jobs import Refusal


class AlbumCaptions(Looks):
    """How the faces of an album look."""

    def album_caption(self, pictures: Sequence[Sequence[SeenFace] | Refusal]) -> str:
        """How the faces look, and what each item without one is, by its number in the album.

        Args:
            pictures: of each item, its faces, left to right, or why it was not looked at.
        """
        lines = [f"{number}. {self._item(picture)}" for number, picture in enumerate(pictures, 1)]
        return "\n".join([self._above(pictures), *lines])

    def _above(self, pictures: Sequence[Sequence[SeenFace] | Refusal]) -> str:
        looked_at = [picture for picture in pictures if not isinstance(picture, str)]
        if any(looked_at):
            return self._words.gettext("How the faces look, photo by photo:")
        if looked_at:
            sentence = self._words.gettext(
                "I found no face in this album. Please try photos where a face is well lit, seen from the "
                "front and not too small."
            )
            return f"{sentence}\n"
        return self._words.gettext("I could not look at anything in this album:")

    def _item(self, picture: Sequence[SeenFace] | Refusal) -> str:
        if isinstance(picture, str):
            return self._refusal(picture)
        if not picture:
            return self._words.gettext("no face found")
        if len(picture) == 1:
            return self.label(picture[0])
        count = len(picture)
        return self._words.ngettext("%(count)d face: %(faces)s", "%(count)d faces: %(faces)s", count) % {
            "count": count,
            "faces": self._faces(picture),
        }

    def _refusal(self, refusal: Refusal) -> str:
        return {
            "oversized": self._words.gettext("over %(megabytes)d MB: please send it as a photo")
            % {"megabytes": Limit.DOWNLOAD_BYTES >> 20},
            "unreadable": self._words.gettext("cannot be read: please send it as a photo"),
            "too_many_pixels": self._words.gettext("too many pixels: please send it as a photo"),
            "unsupported": self._words.gettext("not a still picture: please send a photo or a screenshot"),
            "unavailable": self._words.gettext("did not reach me: please send it again"),
        }[refusal]
