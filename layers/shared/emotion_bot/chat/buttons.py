"""The buttons under a message, and what a pressed one says: they carry it themselves, nothing is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import LANGUAGE_NAMES, LANGUAGES, LISTED_FACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emotion_bot.chat.texts import Texts

_PER_ROW: Final = 5
_LANGUAGES_PER_ROW: Final = 2

_EMOTIONS: Final = {"happy": "h", "sad": "s", "neutral": "n"}
_NAMES: Final = {letter: emotion for emotion, letter in _EMOTIONS.items()}
_WHOLE: Final = 1_000_000
"""A probability is written in millionths: as exact as the network's float32."""
_ROUNDED: Final = 1000
"""So far may a face's three be from the whole."""

# Each begins with a letter and its version: buttons of years ago are still pressed.
_FACE: Final = re.compile(
    r"f1:([0-9]{1,2}):([0-9]{1,4}):([hsn]{0,2}):([0-9]{1,7}):([0-9]{1,7}):([0-9]{1,7}):([0-9]{1,6})x([0-9]{1,6})"
)
_WRONG: Final = "w1"
_LANGUAGE: Final = "l1:"


@dataclass(frozen=True)
class FaceDetails:
    """Tell all about one face."""

    number: int
    """From 1, left to right."""
    count: int
    """How many faces the photo has."""
    face: SeenFace


@dataclass(frozen=True)
class SaidWrong:
    """A person says that the answer is wrong."""


@dataclass(frozen=True)
class ChoseLanguage:
    """Speak this language in this chat; None is the one of each person's app."""

    language: str | None


Button = FaceDetails | SaidWrong | ChoseLanguage


def under_answer(faces: Sequence[SeenFace], words: Texts) -> InlineKeyboardMarkup:
    """The buttons under the answer to one photo.

    Args:
        faces: left to right, at least one.
        words: in the language of the answer.
    """
    wrong = InlineKeyboardButton(words.wrong_button, callback_data=_WRONG)
    if len(faces) == 1:
        details = InlineKeyboardButton(words.details_button, callback_data=_written(1, 1, faces[0]))
        return InlineKeyboardMarkup([[details, wrong]])
    numbers = [
        InlineKeyboardButton(str(number), callback_data=_written(number, len(faces), face))
        for number, face in enumerate(faces[:LISTED_FACES], start=1)
    ]
    return InlineKeyboardMarkup([*_rows(numbers, _PER_ROW), [wrong]])


def languages(words: Texts) -> InlineKeyboardMarkup:
    """The buttons under the question for a language: each language by its own name."""
    names = [InlineKeyboardButton(LANGUAGE_NAMES[code], callback_data=_LANGUAGE + code) for code in LANGUAGES]
    automatic = InlineKeyboardButton(words.language_automatic, callback_data=_LANGUAGE)
    return InlineKeyboardMarkup([*_rows(names, _LANGUAGES_PER_ROW), [automatic]])


def read(data: str) -> Button | None:
    """What a pressed button says; None where it is none of ours: an app can send anything.

    Example:
        >>> read("f1:2:3:h:930000:40000:30000:120x150")
        FaceDetails(number=2, count=3, face=SeenFace(candidates=('happy',), scores={'happy': 0.93, \
'sad': 0.04, 'neutral': 0.03}, size=(120, 150)))
        >>> read("l1:de")
        ChoseLanguage(language='de')
    """
    if data == _WRONG:
        return SaidWrong()
    if data.startswith(_LANGUAGE):
        language = data.removeprefix(_LANGUAGE)
        return ChoseLanguage(language or None) if language in ("", *LANGUAGES) else None
    face = _FACE.fullmatch(data)
    return _face(*face.groups()) if face else None


def _written(number: int, count: int, face: SeenFace) -> str:
    """At most 53 of the 64 bytes that Telegram allows."""
    candidates = "".join(_EMOTIONS[emotion] for emotion in face.candidates)
    scores = ":".join(str(round(face.scores[emotion] * _WHOLE)) for emotion in _EMOTIONS)
    width, height = face.size
    return f"f1:{number}:{count}:{candidates}:{scores}:{width}x{height}"


def _face(number: str, count: str, candidates: str, *numbers: str) -> FaceDetails | None:
    *scores, width, height = map(int, numbers)
    if not 1 <= int(number) <= int(count) or abs(sum(scores) - _WHOLE) > _ROUNDED:
        return None
    face = SeenFace(
        candidates=tuple(_NAMES[letter] for letter in candidates),
        scores={emotion: score / _WHOLE for emotion, score in zip(_EMOTIONS, scores, strict=True)},
        size=(width, height),
    )
    return FaceDetails(int(number), int(count), face)


def _rows(buttons: list[InlineKeyboardButton], longest: int) -> list[list[InlineKeyboardButton]]:
    return [buttons[start : start + longest] for start in range(0, len(buttons), longest)]
