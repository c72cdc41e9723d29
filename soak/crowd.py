"""People who send photos, no two of them alike, and what the bot answers to each."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np

from emotion_bot.chat.texts import texts
from emotion_bot.records import JOBS_A_MINUTE
from playground.telegram.observer import Observer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from playground.telegram import Person
    from playground.telegram.emulator import Json

PHOTOS: Final = Path(__file__).parents[1] / "playground" / "photos"
SIDE: Final = 320
"""Pixels of the longer side: small, since it is not recognition that is tried here."""
_FACES: Final = ("astronaut.png", "biden.jpg", "obama.jpg", "two_people.jpg")
_NO_FACES: Final = ("rocket.jpg", "chelsea.png")
_NO_FACE_SHARE: Final = 0.1

Kind = Literal["picture", "no face", "apology", "too many", "other"]


@dataclass(frozen=True)
class Sent:
    """A photo that somebody sent."""

    person: Person
    update: Json
    has_face: bool
    at: float
    """By `monotonic`."""

    @property
    def key(self) -> tuple[int, int]:
        """Chat and message."""
        return self.person.chat_id, self.update["message"]["message_id"]


class Answers(Observer):
    """The bot's messages by what they reply to, each with when it came, by `monotonic`."""

    def __init__(self) -> None:
        self.to: defaultdict[tuple[int, int], list[tuple[float, Json]]] = defaultdict(list)

    def event(self, event: Json) -> None:
        """Note a message of the bot's."""
        message = event.get("message", {})
        if message.get("from", {}).get("is_bot") and (asked := message.get("reply_to_message")):
            self.to[message["chat"]["id"], asked["message_id"]].append((monotonic(), message))


class Crowd:
    """Sends photos; the same ones each time.

    Args:
        seed: of the dice.
    """

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - to be the same each time

    def sends(self, person: Person) -> Sent:
        """Have somebody send a photo that nobody has sent before."""
        has_face = self._dice.random() >= _NO_FACE_SHARE
        photo = self.photo(self._dice.choice(_FACES if has_face else _NO_FACES))
        return Sent(person, person.send_photo(photo), has_face, monotonic())

    def sends_file(self, person: Person, photo: bytes) -> Sent:
        """Have somebody send a photo with a face as a file, which Telegram does not touch."""
        return Sent(person, person.send_document(photo, "photo.jpg"), True, monotonic())

    def photo(self, name: str) -> bytes:
        """A sample photograph, with a patch of noise in a corner and a quality of its own."""
        pixels = _small(name).copy()
        noise = np.frombuffer(self._dice.randbytes(8 * 8 * 3), np.uint8).reshape(8, 8, 3)
        pixels[-8:, :8] = noise
        quality = self._dice.randint(80, 95)
        return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def kind(answer: Json) -> Kind:
    """What an answer says."""
    words = texts("en")
    if "photo" in answer:
        return "picture"
    said: dict[str, Kind] = {
        words.no_face: "no face",
        words.apology: "apology",
        words.too_many(JOBS_A_MINUTE): "too many",
    }
    return said.get(answer.get("text", ""), "other")


def is_right(sent: Sent, answer: Json) -> bool:
    """Whether an answer says what is on the photo."""
    return kind(answer) == ("picture" if sent.has_face else "no face")


@cache
def _small(name: str) -> NDArray[Any]:
    whole = cv2.imread(str(PHOTOS / name))
    if whole is None:
        raise FileNotFoundError(PHOTOS / name)
    factor = SIDE / max(whole.shape[:2])
    return cv2.resize(whole, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
