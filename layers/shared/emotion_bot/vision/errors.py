"""What can go wrong with a photo. PhotoErrors are said so that its sender knows what to do.

PhotoError
├── UnreadablePhoto
└── PhotoTooLarge
RecognizerDied
RecognitionFailed
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
    """The photo is over one of the limits of `decoding`, or takes more memory than there is."""


class RecognizerDied(Exception):
    """The process that looks at photos crashed, or was killed for what it took or said.

    Attributes:
        reason: such as "signal 11", "exit status 1", "20 s", "out of memory", "garbled answer".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the process that looks at photos ended: {reason}")
        self.reason = reason


class RecognitionFailed(Exception):
    """Anything else failed there; the message has the error's type and place, nothing of the photo."""
