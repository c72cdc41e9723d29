"""The function's process as far as it matters here: looks at files as the recognizer does."""

from __future__ import annotations

import gc
import sys
from multiprocessing.connection import Connection
from time import perf_counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import functions.recognizer.app  # noqa: F401 - the memory of what it imports counts
from emotion_bot.store import open_bundle
from emotion_bot.vision.apart import RecognitionFailed, RecognizerApart, RecognizerDied
from emotion_bot.vision.errors import PhotoError

if TYPE_CHECKING:
    from emotion_bot.vision.apart import Seen

Outcome = Literal["read", "refused", "died", "failed"]


class Look(NamedTuple):
    """What became of a file."""

    outcome: Outcome
    seconds: float
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    picture: bytes = b""
    """The annotated one, where there is a face."""
    text: str = ""
    """Why it was refused, or what went wrong."""


def look(recognizer: RecognizerApart, content: bytes) -> Look:
    """Look at one file, as `emotion_bot.answer` does."""
    began = perf_counter()

    def after(outcome: Outcome, seen: Seen | None = None, picture: bytes = b"", text: str = "") -> Look:
        boxes = tuple(face.box for face in seen.faces) if seen else ()
        return Look(outcome, perf_counter() - began, boxes, picture, text)

    try:
        seen = recognizer.recognize(content)
        return after("read", seen, seen.annotate() if seen.faces else b"")
    except PhotoError as error:
        return after("refused", text=str(error))
    except RecognizerDied as error:
        return after("died", text=error.reason)
    except RecognitionFailed as error:
        return after("failed", text=str(error))


def main(store: str, descriptor: str) -> None:
    """Answer each file with a `Look`, until the other end closes."""
    gc.enable()
    recognizer = RecognizerApart()
    recognizer.load(open_bundle(store))
    recognizer.warm_up()
    with Connection(int(descriptor)) as asker:
        asker.send("ready")
        try:
            while True:
                asker.send(tuple(look(recognizer, asker.recv_bytes())))
        except EOFError:
            recognizer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
