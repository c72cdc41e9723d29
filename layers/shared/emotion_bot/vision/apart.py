"""Photos are looked at in a process of their own: what crashes a decoder, or takes it over, gets no further.

Imports neither numpy nor pydantic, so that the process starts at once and imports while this one does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from emotion_bot.vision.confinement import hide
from emotion_bot.vision.errors import PhotoTooLarge, RecognitionFailed, RecognizerDied, UnreadablePhoto
from emotion_bot.vision.process import Process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from emotion_bot.manifest import Manifest
    from emotion_bot.vision.face import Face
    from emotion_bot.vision.reply import Reply

__all__ = ["RecognitionFailed", "RecognizerApart", "RecognizerDied", "Seen"]

OUT_OF_MEMORY: Final = "out of memory"
_NEEDED: Final = {"engine", "labels", "crop", "detector", "second_look", "hard_to_tell"}
"""Of the manifest, to look at photos."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo's faces, left to right; its pixels are with the process, until the next photo's are."""

    faces: tuple[Face, ...]
    more: int
    """Faces that were found, but are too many to be answered: smaller than all of these."""
    _apart: RecognizerApart = field(repr=False)
    _number: int = field(repr=False)

    def annotate(self, labels: Sequence[str] | None = None) -> bytes:
        """The photo with a box and a label per face, as `Recognition.annotate`.

        Raises:
            RecognizerDied, RecognitionFailed: see there.
        """
        return self._apart.picture(self._number, "annotate", labels=labels)

    @property
    def crops(self) -> bytes:
        """The faces as the network saw them, uint8 (N, 48, 48).

        Raises:
            RecognizerDied, RecognitionFailed: see there.
        """
        return self._apart.picture(self._number, "crops")


class RecognizerApart:
    """A `Recognizer` in a process that holds no key and is replaced where it dies.

    It looks at one photo at a time: a `Seen` can be asked for its picture until the next. Beside the deployed
    bundle it can hold one on trial, for such photos as the caller says.

    Example:
        >>> recognizer = RecognizerApart()  # doctest: +SKIP
        >>> recognizer.load(open_bundle("models"))  # doctest: +SKIP
        >>> [face.emotion for face in recognizer.recognize(photo).faces]  # doctest: +SKIP
        ['happy', 'neutral']
    """

    manifest: Manifest
    """Of the bundle that was loaded."""
    trial: Manifest | None = None
    """Of the bundle on trial, while there is one that works."""

    def __init__(self) -> None:
        """Start the process."""
        self._lock = Lock()
        self._loading: dict[str, str] = {}
        self._trying: dict[str, str] = {}
        self._number = 0
        self._is_closed = False
        hide()
        self._process = Process()
        self._has_trial: Process | None = None
        """The process that has loaded the bundle on trial, too."""

    def load(self, bundle: Path) -> None:
        """Have an unpacked bundle loaded, meanwhile; if that fails, what is asked next says so.

        Raises:
            FileNotFoundError, pydantic.ValidationError: the folder holds no bundle of this format.
        """
        self.manifest, loading = _directions(bundle)
        with self._lock:
            is_first = not self._loading
            self._loading = loading
            if is_first:
                self._process.load(**self._loading)
            else:
                self._renew()

    def try_out(self, bundle: Path) -> None:
        """Load a second bundle, and warm it up, for the photos that are to be looked at on trial.

        Raises:
            FileNotFoundError, pydantic.ValidationError: the folder holds no bundle of this format.
            RecognizerDied, RecognitionFailed: it does not work, and there is no trial.
        """
        manifest, self._trying = _directions(bundle)
        with self._lock:
            self._ask_on_trial("warm_up")
        self.trial = manifest

    def end_trial(self) -> None:
        """Look at nothing on trial any more."""
        self.trial = None

    def warm_up(self) -> None:
        """One dummy pass, so that the first photo costs no more than the tenth.

        Raises:
            RecognizerDied, RecognitionFailed: see there.
        """
        with self._lock:
            self._ask("warm_up")

    def recognize(self, photo: bytes, *, on_trial: bool = False) -> Seen:
        """The faces on a photo, and how each looks, to the deployed bundle or to the one on trial.

        Raises:
            PhotoError: it cannot be read, or is too large; the message is for its sender.
            RecognizerDied, RecognitionFailed: see there.
        """
        with self._lock:
            self._number += 1
            try:
                reply = (
                    self._ask_on_trial("recognize", photo) if on_trial else self._ask("recognize", photo)[0]
                )
            except RecognizerDied as died:
                if on_trial or died.reason != OUT_OF_MEMORY:
                    raise
                reply = self._recognize_with_all_memory(photo)
            return Seen(reply.faces, reply.more, self, self._number)

    def picture(self, number: int, do: str, **request: object) -> bytes:
        """A picture of a photo that was looked at, for `Seen`."""
        with self._lock:
            if number != self._number:
                raise RecognitionFailed("another photo has been looked at since")
            return self._ask(do, b"", **request)[1]

    def close(self) -> None:
        """End the process, be it in the middle of a photo."""
        self._is_closed = True
        self._process.kill()
        with self._lock:
            self._process.end()

    def _recognize_with_all_memory(self, photo: bytes) -> Reply:
        """Once more, by a new process: photos before it may have left too little memory."""
        try:
            return self._ask("recognize", photo)[0]
        except RecognizerDied as died:
            if died.reason != OUT_OF_MEMORY:
                raise
            raise PhotoTooLarge(
                "This picture takes more memory than I have. Please send a smaller one."
            ) from None

    def _ask_on_trial(self, do: str, content: bytes = b"") -> Reply:
        """A process that replaced another has the deployed bundle alone, until the other is asked for."""
        if not self._process.is_alive:
            self._renew()
        if self._has_trial is not self._process:
            self._ask("load", **self._trying, on_trial=True)
            self._has_trial = self._process
        return self._ask(do, content, on_trial=True)[0]

    def _ask(self, do: str, content: bytes = b"", /, **request: object) -> tuple[Reply, bytes]:
        if not self._process.is_alive:  # between photos: no photo is to blame
            self._renew()
        try:
            reply, answer = self._process.ask(do, content, **request)
        finally:
            if not self._process.is_alive:
                self._renew()
        match reply.outcome:
            case "unreadable":
                raise UnreadablePhoto
            case "too large":
                raise PhotoTooLarge(reply.text)
            case "out of memory":
                self._renew()
                raise RecognizerDied(OUT_OF_MEMORY)
            case "failed":
                self._renew()  # who knows what state it is in
                raise RecognitionFailed(reply.text)
        return reply, answer

    def _renew(self) -> None:
        """A new process, which loads at once."""
        self._process.end()
        if self._is_closed:
            raise RecognizerDied("closed")
        self._process = Process()
        if self._loading:
            self._process.load(**self._loading)


def _directions(bundle: Path) -> tuple[Manifest, dict[str, str]]:
    """The manifest of an unpacked bundle, and what the process needs to load it."""
    from emotion_bot.manifest import Manifest  # noqa: PLC0415 - pydantic, after the process has started

    manifest = Manifest.read(bundle)
    return manifest, {"bundle": str(bundle), "manifest": manifest.model_dump_json(include=_NEEDED)}
