"""A job in, an answer sent: the one place that joins chat, vision and store."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from emotion_bot.chat.buttons import under_answer
from emotion_bot.chat.errors import FileTooBig, TelegramFailure, TryAgain
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import texts
from emotion_bot.records import jobs_a_minute
from emotion_bot.vision.errors import PhotoError, PhotoTooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Sequence

    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.chat.texts import Texts
    from emotion_bot.jobs import AboutJob, AlbumItem, AlbumJob, FloodJob, Origin, PhotoJob, Refusal
    from emotion_bot.manifest import Manifest
    from emotion_bot.vision.apart import RecognizerApart

T = TypeVar("T")
Stage = Literal["remember", "download", "wait", "recognise", "send"]

_DECODED_AT_ONCE: Final = 1
"""Photos. One uses every core, and 25 megapixels and their copies take hundreds of megabytes."""
_SOON: Final = 5
"""Seconds until an album is tried again of which some photos did not come."""
_recognition: Final = ThreadPoolExecutor(_DECODED_AT_ONCE, thread_name_prefix="recognition")


@dataclass
class Answered:
    """What an answer found, and what it took."""

    faces: int | None = None
    """None where there was no picture that can be read."""
    photos: int = 0
    """How many could be read."""
    lost: Sequence[BaseException] = ()
    """Why photos of an album are not in its answer though they might have been."""
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


@dataclass(frozen=True, slots=True)
class _Picture:
    """A photo that was looked at; its pixels are gone."""

    faces: Sequence[SeenFace]
    more: int
    """Faces that were too many to be looked at."""
    jpeg: bytes
    """The annotated photo; empty without a face, unless it is shown anyway."""


async def answer(
    job: PhotoJob, telegram: Telegram, recognizer: RecognizerApart, photo: Awaitable[bytes] | None = None
) -> Answered:
    """Fetch a photo, find its faces, and send it back with them drawn in; or a sentence that says why not.

    Several answers may run in one event loop: while a photo is recognised, in a thread, others are fetched
    and sent.

    Args:
        job: what to answer.
        telegram: where to.
        recognizer: is used for one photo at a time.
        photo: its download, where that has begun.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    words, answered = texts(job.language), Answered()
    picture = await _see(photo or telegram.download(job.file_id), recognizer, words, answered)
    await _show(picture, job, telegram, words, answered)
    return answered


async def answer_album(
    job: AlbumJob,
    items: Sequence[AlbumItem],
    telegram: Telegram,
    recognizer: RecognizerApart,
    places: asyncio.Semaphore,
    *,
    patience: float,
    is_last: bool,
) -> Answered:
    """Fetch the photos of an album, find their faces, and answer with one album and one caption.

    It shows every photo that can be read, with a face or without, in the album's order. The caption has a
    line for each item. Where only one can be shown, or none with a face, one message says so.

    Args:
        job: what to answer.
        items: the album's, in their order, at least one.
        telegram: where to.
        recognizer: is used for one photo at a time.
        places: taken by each photo from its download until it is recognised; all albums share them.
        patience: seconds for all photos to come and be recognised.
        is_last: whether this is the last attempt, and what has not come by then is left out.

    Raises:
        TelegramFailure: any but FileTooBig; where a photo has not come, only before the last attempt.
        Exception: whatever a photo failed with, where there is no other to answer.
    """
    words, answered, looks = texts(job.language), Answered(), [Answered() for _ in items]

    async def see(item: AlbumItem, look: Answered) -> _Picture | Refusal:
        if item.file_id is None:
            return item.refusal or "unsupported"
        async with places:
            return await _see(telegram.download(item.file_id), recognizer, words, look, shown=True)

    start = perf_counter()
    outcomes = await _all_of(map(see, items, looks), patience)
    recognising = sum(look.milliseconds.get("recognise", 0) for look in looks) / 1000
    answered.note("download", perf_counter() - start - recognising)
    answered.note("recognise", recognising)

    answered.lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    pictures = ["unavailable" if isinstance(outcome, BaseException) else outcome for outcome in outcomes]
    shown = [picture for picture in pictures if not isinstance(picture, str)]
    if answered.lost and not shown:
        raise answered.lost[0]
    missing = [error for error in answered.lost if isinstance(error, TelegramFailure)]
    if missing and not is_last:
        raise _soon(missing)
    answered.photos = len(shown)
    answered.faces = sum(len(picture.faces) for picture in shown) if shown else None
    if len(pictures) == 1:
        await _show(pictures[0], job, telegram, words, answered)
    else:
        await _show_album(pictures, job, telegram, words, answered)
    return answered


async def about(job: AboutJob, telegram: Telegram, manifest: Manifest) -> Answered:
    """Tell which model answers, and how well it does on faces that it has never seen.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    answered = Answered()
    test = manifest.metrics.get("private_test", {})
    accuracy, faces = test.get("leak_free_accuracy"), test.get("leak_free_rows")
    with answered.timed("send"):
        await telegram.send_text(job, texts(job.language).about(manifest.version, accuracy, faces))
    return answered


async def too_many(job: FloodJob, telegram: Telegram) -> Answered:
    """Tell from which message on a chat's are not looked at.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    answered = Answered()
    with answered.timed("send"):
        await telegram.send_text(job, texts(job.language).too_many(jobs_a_minute(job)))
    return answered


async def _see(
    file: Awaitable[bytes],
    recognizer: RecognizerApart,
    words: Texts,
    answered: Answered,
    *,
    shown: bool = False,
) -> _Picture | Refusal:
    try:
        with answered.timed("download"):
            content = await file
        recognise = partial(_recognise, content, recognizer, words, answered, perf_counter(), shown=shown)
        picture = await asyncio.get_running_loop().run_in_executor(_recognition, recognise)
    except FileTooBig:
        return "oversized"
    except PhotoTooLarge:
        return "too_many_pixels"
    except PhotoError:
        return "unreadable"
    answered.photos, answered.faces = 1, len(picture.faces)
    return picture


def _recognise(
    content: bytes,
    recognizer: RecognizerApart,
    words: Texts,
    answered: Answered,
    since: float,
    *,
    shown: bool,
) -> _Picture:
    answered.note("wait", perf_counter() - since)
    with answered.timed("recognise"):
        seen = recognizer.recognize(content)
        faces = [SeenFace(face.candidates, face.scores, face.box[2:]) for face in seen.faces]
        jpeg = seen.annotate([words.label(face) for face in faces]) if faces or shown else b""
    return _Picture(faces, seen.more, jpeg)


async def _show(
    picture: _Picture | Refusal, origin: Origin, telegram: Telegram, words: Texts, answered: Answered
) -> None:
    """Answer a photo that is alone."""
    with answered.timed("send"):
        if isinstance(picture, str):
            await telegram.send_text(origin, words.refused(picture))
        elif not picture.faces:
            await telegram.send_text(origin, words.no_face)
        else:
            caption, buttons = words.caption(picture.faces, picture.more), under_answer(picture.faces, words)
            await telegram.send_photo(origin, picture.jpeg, caption, buttons)


async def _show_album(
    pictures: Sequence[_Picture | Refusal],
    origin: Origin,
    telegram: Telegram,
    words: Texts,
    answered: Answered,
) -> None:
    """Answer an album with one message, or with one album, which Telegram takes or refuses as a whole."""
    shown = [picture for picture in pictures if not isinstance(picture, str)]
    caption = words.album_caption(
        [picture if isinstance(picture, str) else picture.faces for picture in pictures]
    )
    with answered.timed("send"):
        if not any(picture.faces for picture in shown):
            await telegram.send_text(origin, caption)
        elif len(shown) == 1:
            await telegram.send_photo(origin, shown[0].jpeg, caption, under_answer(shown[0].faces, words))
        else:
            await telegram.send_album(origin, [picture.jpeg for picture in shown], caption)


async def _all_of(works: Iterable[Coroutine[Any, Any, T]], patience: float) -> list[T | BaseException]:
    """What each of the works comes to, or why it has come to nothing in that many seconds."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, timeout=patience)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    late = TryAgain("a photo did not come in time")
    return [late if isinstance(outcome, asyncio.CancelledError) else outcome for outcome in outcomes]


def _soon(failures: Sequence[TelegramFailure]) -> TryAgain:
    """The others of the album are there, so they do not wait for as long as the queue would let them."""
    asked = [error.retry_after or 0 for error in failures if isinstance(error, TryAgain)]
    return TryAgain(f"{len(failures)} of an album: {failures[0]}", max(_SOON, *asked))
