"""What is said where there is nothing to show: why, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emotion_bot.chat.catalogue import Catalogue
from emotion_bot.chat.constants import Limit

if TYPE_CHECKING:
    from emotion_bot.jobs import Refusal

_MEGABYTES: Final = Limit.DOWNLOAD_BYTES >> 20


class Refusals(Catalogue):
    """Each says what to do next."""

    def unsupported(self, kind: str) -> str:
        """To a message that is no photo.

        Args:
            kind: the name of the message's field in the Bot API, or `animated_sticker` or `video_sticker`.
        """
        match kind:
            case "text":
                return self._words.gettext(
                    "I read faces, not words. Send me a photo with a face in it, and I will say how it "
                    "looks. See /help for what I can do."
                )
            case "video" | "video_note":
                return self._words.gettext(
                    "I cannot watch videos. Pause yours where a face is easy to see, take a screenshot, and "
                    "send me that."
                )
            case "animation":
                return self._words.gettext(
                    "I cannot look at GIFs: they move. Take a screenshot where a face is easy to see, and "
                    "send me that."
                )
            case "live_photo":
                return self._words.gettext(
                    "I cannot look at live photos. Please send yours again as an ordinary photo, without "
                    "the motion."
                )
            case "animated_sticker" | "video_sticker":
                return self._words.gettext(
                    "This sticker moves, and I only see what stands still. Send me a photo, or a sticker "
                    "that does not move."
                )
            case "sticker":
                return self._words.gettext("I cannot read this sticker. Please send me a photo instead.")
            case "voice" | "audio":
                return self._words.gettext(
                    "I have eyes but no ears. Send me a photo with a face in it, and I will say how it looks."
                )
            case "document":
                return self._words.gettext(
                    "This file is not a picture that I can read. Please send a photo, or a JPEG, PNG, WebP "
                    "or HEIC file."
                )
            case "story":
                return self._words.gettext("I cannot open stories. Please send me the photo itself.")
            case "paid_media":
                return self._words.gettext(
                    "I cannot open paid media. Please send me a photo that anyone can open."
                )
            case _:
                return self._words.gettext(
                    "I cannot do anything with this: I only look at photos. Send me a photo with a face in "
                    "it, and I will say how it looks."
                )

    @property
    def oversized(self) -> str:
        """To a file over what a bot can download."""
        return self._words.gettext(
            "This file is over %(megabytes)d MB, more than Telegram lets me fetch. Please send it as a "
            "photo, not as a file: Telegram then makes it smaller."
        ) % {"megabytes": _MEGABYTES}

    @property
    def unreadable(self) -> str:
        """To a file that is no picture, or a broken one."""
        return self._words.gettext(
            "I cannot read this file as a picture; it may be damaged. Please send it as a photo, or as a "
            "JPEG, PNG, WebP or HEIC file."
        )

    @property
    def too_many_pixels(self) -> str:
        """To a picture over the limits of vision."""
        return self._words.gettext(
            "This picture has more pixels than I can handle. Please send it as a photo, not as a file: "
            "Telegram then makes it smaller."
        )

    @property
    def no_face(self) -> str:
        """To a photo without a face."""
        return self._words.gettext(
            "I found no face in this photo. Please try one where a face is well lit, seen from the front "
            "and not too small."
        )

    @property
    def unavailable(self) -> str:
        """To a photo that Telegram does not hand out."""
        return self._words.gettext("Your photo did not reach me. Please send it again.")

    def refused(self, refusal: Refusal) -> str:
        """To one photo that is not looked at."""
        return {
            "oversized": self.oversized,
            "unreadable": self.unreadable,
            "too_many_pixels": self.too_many_pixels,
            "unsupported": self.unsupported("document"),
            "unavailable": self.unavailable,
        }[refusal]

    def too_many(self, limit: int) -> str:
        """To the first message of a minute that is one too many for its chat."""
        return self._words.gettext(
            "In one chat, I take on %(count)d photos a minute at most. This message came on top of that: I "
            "have not looked at it, nor will I at any that follow within the same minute. Please send them "
            "again a minute from now."
        ) % {"count": limit}

    @property
    def apology(self) -> str:
        """When every attempt at a photo has failed."""
        return self._words.gettext(
            "I am sorry: something went wrong on my side, and I could not look at your photo. Please send "
            "it again in a few minutes."
        )

    @property
    def album_apology(self) -> str:
        """When every attempt at an album has failed."""
        return self._words.gettext(
            "I am sorry: something went wrong on my side, and I could not look at your album. Please send "
            "it again in a few minutes."
        )

    @property
    def about_apology(self) -> str:
        """When every attempt at telling about the model has failed."""
        return self._words.gettext(
            "I am sorry: something went wrong on my side, and I cannot tell you about myself just now. "
            "Please send /about again in a few minutes."
        )
