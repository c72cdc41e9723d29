"""What can be wrong with a photo, each said so that its sender knows what to do.

PhotoError
├── UnreadablePhoto
└── PhotoTooLarge
"""

from __future__ import annotations


class PhotoError(ValueError):
    """The photo cannot be answered; `str(error)` is a sentence for its sender."""


class UnreadablePhoto(PhotoError):
    """The bytes are no picture, a broken one, or of a format that is not read."""

    def __init__(self) -> None:
        super().__init__(
            "This file is not a picture that I can read. Please send a JPEG, PNG, WebP or HEIC photo."
        )


class PhotoTooLarge(PhotoError):
    """The photo is over one of the limits of `decode`."""
