"""A PhotoJob in, an answer sent: the one place that joins chat, vision and store."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal

from emotion_bot.chat.errors import FileTooBig
from emotion_bot.chat.texts import texts
from emotion_bot.vision import PhotoError, PhotoTooLarge, Recognizer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.chat.texts import Texts
    from emotion_bot.jobs import PhotoJob

Stage = Literal["remember", "download", "wait", "recognise", "send"]

_DECODED_AT_ONCE: Final = 1
"""Photos. One uses every core, and 25 megapixels and their copies take hundreds of megabytes."""
_recognition: Final = ThreadPoolExecutor(_DECODED_AT_ONCE, thread_name_prefix="recognition")


@dataclass
class Answered:
    """What an answer found, and what it took."""

    faces: int | None = None
    """None where the file was no picture that can be read."""
    milliseconds: dict[Stage, int] = field(default_factory=dict)
    """By stage, one after the other; `wait` is for another photo's recognition to end."""

    def note(self, stage: Stage, seconds: float) -> None:
        """Note how long a stage took."""
        self.milliseconds[stage] = round(1000 * seconds)

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        """Note how long a stage takes."""
        start = perf_counter()
        try:
            yield
        finally:
            self.note(stage, perf_counter() - start)


async def answer(
    job: PhotoJob, telegram: Telegram, recognizer: Recognizer, photo: Awaitable[bytes] | None = None
) -> Answered:
    """Fetch a photo, find its faces, and send it back with them drawn in; or a sentence that says why not.

    Several may run in one event loop: while one is recognised, in a thread, others are fetched and sent.

    Args:
        job: what to answer.
        telegram: where to.
        recognizer: is used for one photo at a time.
        photo: its download, where that has begun.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    words = texts(job.language)
    answered = Answered()
    try:
        with answered.timed("download"):
            content = await (photo or telegram.download(job.file_id))
    except FileTooBig:
        return await _say(words.oversized, job, telegram, answered)
    try:
        picture = await asyncio.get_running_loop().run_in_executor(
            _recognition, _recognise, content, recognizer, words, answered, perf_counter()
        )
    except PhotoTooLarge:
        return await _say(words.too_many_pixels, job, telegram, answered)
    except PhotoError:
        return await _say(words.unreadable, job, telegram, answered)
    if picture is None:
        return await _say(words.no_face, job, telegram, answered)
    with answered.timed("send"):
        await telegram.send_photo(job, *picture)
    return answered


def warm_up(recognizer: Recognizer) -> None:
    """A dummy pass, in the thread that will recognise: after one elsewhere, the first takes 20 ms more."""
    _recognition.submit(recognizer.warm_up).result()


def _recognise(
    content: bytes, recognizer: Recognizer, words: Texts, answered: Answered, since: float
) -> tuple[bytes, str] | None:
    """The annotated photo and its caption, or None without a face; the pixels are gone by then."""
    answered.note("wait", perf_counter() - since)
    with answered.timed("recognise"):
        recognition = recognizer.recognize(content)
        faces = [(face.candidates, face.scores[face.emotion]) for face in recognition.faces]
        answered.faces = len(faces)
        if not faces:
            return None
        jpeg = recognition.annotate([words.label(*face) for face in faces])
    return jpeg, words.caption(faces, recognition.more)


async def _say(sentence: str, job: PhotoJob, telegram: Telegram, answered: Answered) -> Answered:
    with answered.timed("send"):
        await telegram.send_text(job, sentence)
    return answered
