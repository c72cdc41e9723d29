"""The process that `apart` starts: holds the networks and every pixel, and does what it is asked.

It has no keys, a limit to its memory, and nobody to talk to but who started it; it ends when that one does.
"""

from __future__ import annotations

import gc

gc.disable()  # while it makes what stays, there is no garbage to find

# ruff: noqa: E402
import json
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from emotion_bot.vision.confinement import hide, refuse_connections
from emotion_bot.vision.errors import PhotoTooLarge, UnreadablePhoto
from emotion_bot.vision.frames import LENGTHS, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from emotion_bot.manifest import Manifest
    from emotion_bot.vision.recognition import Recognition
    from emotion_bot.vision.recognizer import Recognizer

PATIENCE: Final = 65
"""Seconds; who asked loses patience before. But where that one is gone, nobody else ends an endless loop."""
_TRACEBACK: Final = 6000
"""Characters, the last."""


class Work:
    """What can be asked for; the methods are the requests."""

    def __init__(self) -> None:
        self._recognizers: dict[bool, Recognizer] = {}
        """The deployed one, and the one on trial."""
        self._recognition: Recognition | None = None

    def answer(self, request: dict[str, Any], photo: bytes) -> tuple[dict[str, object], bytes]:
        """Do what the request's `do` names; what it came to, and the bytes that were asked for."""
        try:
            found, content = getattr(self, request.pop("do"))(photo, **request)
        except UnreadablePhoto:
            return {"outcome": "unreadable"}, b""
        except PhotoTooLarge as error:
            return {"outcome": "too large", "text": str(error)}, b""
        except MemoryError:
            return {"outcome": "out of memory"}, b""
        except Exception as error:  # the attempt at this photo fails, no other
            return {"outcome": "failed", "text": _described(error)}, b""
        return {"outcome": "done", **found}, content

    def load(
        self, _: bytes, bundle: str, manifest: str, *, on_trial: bool = False
    ) -> tuple[dict[str, object], bytes]:
        """Load a bundle, whose manifest has been read: pydantic would take a third of the start."""
        from emotion_bot.vision.recognizer import Recognizer  # noqa: PLC0415 - after the limits are set

        directions = json.loads(manifest, object_hook=lambda fields: SimpleNamespace(**fields))
        self._recognizers[on_trial] = Recognizer.of(Path(bundle), cast("Manifest", directions))
        gc.freeze()  # to look through what stays would cost a photo 80 ms now and then
        gc.enable()
        return {}, b""

    def warm_up(self, _: bytes, *, on_trial: bool = False) -> tuple[dict[str, object], bytes]:
        """A dummy pass."""
        self._loaded(on_trial).warm_up()
        return {}, b""

    def recognize(self, photo: bytes, *, on_trial: bool = False) -> tuple[dict[str, object], bytes]:
        """The faces on a photo, whose pixels stay until the next."""
        self._recognition = None
        self._recognition = self._loaded(on_trial).recognize(photo)
        faces = [asdict(face) for face in self._recognition.faces]
        return {"faces": faces, "more": self._recognition.more}, b""

    def annotate(self, _: bytes, labels: Sequence[str] | None) -> tuple[dict[str, object], bytes]:
        """The last photo with its faces drawn in."""
        return {}, self._seen.annotate(labels)

    def crops(self, _: bytes) -> tuple[dict[str, object], bytes]:
        """The last photo's faces, as the network saw them."""
        return {}, self._seen.crops.tobytes()

    def _loaded(self, on_trial: bool) -> Recognizer:
        if on_trial not in self._recognizers:
            raise LookupError("nothing is loaded")
        return self._recognizers[on_trial]

    @property
    def _seen(self) -> Recognition:
        if self._recognition is None:
            raise LookupError("no photo was looked at")
        return self._recognition


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer what comes, until nothing more does."""
    work = Work()
    for request, photo in _read(requests):
        signal.alarm(PATIENCE)
        answer, content = work.answer(request, photo)
        signal.alarm(0)
        answers.write(head(answer, len(content)))
        answers.write(content)
        answers.flush()


def _read(requests: BinaryIO) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Each request and its photo; one that breaks off is from somebody who no longer waits."""
    while len(lengths := requests.read(LENGTHS.size)) == LENGTHS.size:
        said, size = LENGTHS.unpack(lengths)
        request, photo = requests.read(said), requests.read(size)
        if len(request) + len(photo) == said + size:
            yield json.loads(request), photo


def confine(memory: int) -> None:
    """Take away what no photo needs: connections, memory dumps, more than so many bytes (0: no limit)."""
    hide()
    refuse_connections()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of the process that unpacks HEIF, too
    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    # Who ends the other with Ctrl-C ends this one by that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def preload() -> None:
    """Import, while the bundle is fetched, what it will most likely need: each image has one engine."""
    engine = "litert" if find_spec("ai_edge_litert") else "tensorflow"
    for module in ("recognizer", f"mtcnn_{engine}", f"classifier_{engine}"):
        import_module(f"emotion_bot.vision.{module}")


def _described(error: BaseException) -> str:
    """Where it was raised, and its type. Not its own words: these may have something of the photo."""
    from traceback import format_tb  # noqa: PLC0415 - a photo in a million needs it

    return f"{''.join(format_tb(error.__traceback__))}{type(error).__name__}"[-_TRACEBACK:]


def main(memory: str) -> None:
    """Serve on the standard input, a socket, with no more than so many bytes of memory."""
    confine(int(memory))
    preload()
    with suppress(BrokenPipeError, ConnectionResetError), open(0, "wb", closefd=False) as answers:
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(sys.argv[1])
