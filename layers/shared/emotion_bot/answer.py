"""A PhotoJob in, an answer sent: the one place that joins chat, vision and store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from emotion_bot.chat.errors import FileTooBig
from emotion_bot.chat.texts import texts
from emotion_bot.vision import PhotoError, PhotoTooLarge, Recognizer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.jobs import PhotoJob

Stage = Literal["download", "recognise", "send"]


@dataclass
class Answered:
    """What an answer found, and what it took."""

    faces: int | None = None
    """None where the file was no picture that can be read."""
    milliseconds: dict[Stage, int] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        """Note how long a stage takes."""
        start = perf_counter()
        try:
            yield
        finally:
            self.milliseconds[stage] = round(1000 * (perf_counter() - start))


async def answer(job: PhotoJob, telegram: Telegram, recognizer: Recognizer) -> Answered:
    """Fetch a photo, find its faces, and send it back with them drawn in; or a sentence that says why not.

    Recognition blocks the event loop: a function works off one photo at a time, so nothing waits for it.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    words = texts(job.language)
    answered = Answered()
    try:
        with answered.timed("download"):
            photo = await telegram.download(job.file_id)
    except FileTooBig:
        return await _say(words.oversized, job, telegram, answered)
    try:
        with answered.timed("recognise"):
            recognition = recognizer.recognize(photo)
            faces = [(face.candidates, face.scores[face.emotion]) for face in recognition.faces]
            jpeg = recognition.annotate([words.label(*face) for face in faces]) if faces else None
    except PhotoTooLarge:
        return await _say(words.too_many_pixels, job, telegram, answered)
    except PhotoError:
        return await _say(words.unreadable, job, telegram, answered)
    answered.faces = len(faces)
    if jpeg is None:
        return await _say(words.no_face, job, telegram, answered)
    with answered.timed("send"):
        await telegram.send_photo(job, jpeg, words.caption(faces))
    return answered


async def _say(sentence: str, job: PhotoJob, telegram: Telegram, answered: Answered) -> Answered:
    with answered.timed("send"):
        await telegram.send_text(job, sentence)
    return answered
