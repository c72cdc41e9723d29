"""A job in, an answer sent: the one place that joins chat, vision and store."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from emotion_bot.answered import Answered, Look
from emotion_bot.chat.buttons import under_answer
from emotion_bot.chat.errors import FileTooBig, TelegramFailure, TryAgain
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import texts
from emotion_bot.records import jobs_a_minute
from emotion_bot.vision.errors import PhotoError, PhotoTooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence

    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.chat.texts import Texts
    from emotion_bot.jobs import AboutJob, AlbumItem, AlbumJob, FloodJob, Origin, PhotoJob, Refusal
    from emotion_bot.manifest import Manifest
    from emotion_bot.vision.apart import Seen

T = TypeVar("T")

_DECODED_AT_ONCE: Final = 1
"""Photos. One uses every core, and 25 megapixels and their copies take hundreds of megabytes."""
_SOON: Final = 5
"""Seconds until an album is tried again of which some photos did not come."""
_recognition: Final = ThreadPoolExecutor(_DECODED_AT_ONCE, thread_name_prefix="recognition")


class Looker(Protocol):
    """Whoever knows which model looks at which photo."""

    def look(self, photo: bytes, update_id: int, use: Callable[[Seen], T]) -> tuple[T, str]:
        """What `use` makes of what a model sees in a photo of an update, and the version of that model."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A photo that was looked at; its pixels are gone."""

    faces: Sequence[SeenFace]
    more: int
    """Faces that were too many to be looked at."""
    jpeg: bytes
    """The annotated photo; empty without a face, unless it is shown anyway."""


async def answer(
    job: PhotoJob, telegram: Telegram, looker: Looker, photo: Awaitable[bytes] | None = None
) -> Answered:
    """Fetch a photo, find its faces, and send it back with them drawn in; or a sentence that says why not.

    Several answers may run in one event loop: while a photo is recognised, in a thread, others are fetched
    and sent.

    Args:
        job: what to answer.
        telegram: where to.
        looker: is used for one photo at a time.
        photo: its download, where that has begun.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    words, answered = texts(job.language), Answered()
    picture = await _see(photo or telegram.download(job.file_id), job, looker, words, answered)
    await _show(picture, job, telegram, words, answered)
    return answered


async def answer_album(
    job: AlbumJob,
    items: Sequence[AlbumItem],
    telegram: Telegram,
    looker: Looker,
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
        looker: is used for one photo at a time.
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
            return await _see(telegram.download(item.file_id), job, looker, words, look, shown=True)

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
    answered.looks = [each for look in looks for each in look.looks]
    answered.faces = sum(len(picture.faces) for picture in shown) if shown else None
    if len(pictures) == 1:
        await _show(pictures[0], job, telegram, words, answered)
    else:
        await _show_album(pictures, job, telegram, words, answered)
    return answered


async def about(
    job: AboutJob, telegram: Telegram, manifest: Manifest, trial: tuple[str, int] | None
) -> Answered:
    """Tell which model answers, and how well it does on faces that it has never seen.

    Args:
        job: what to answer.
        telegram: where to.
        manifest: of the deployed model.
        trial: the version of the one on trial, and how many of 100 photos it looks at.

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    answered = Answered()
    test = manifest.metrics.get("private_test", {})
    accuracy, faces = test.get("leak_free_accuracy"), test.get("leak_free_rows")
    with answered.timed("send"):
        await telegram.send_text(job, texts(job.language).about(manifest.version, accuracy, faces, trial))
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
    job: Origin,
    looker: Looker,
    words: Texts,
    answered: Answered,
    *,
    shown: bool = False,
) -> _Picture | Refusal:
    try:
        with answered.timed("download"):
            content = await file
        recognise = partial(
            copy_context().run,  # what is logged there leads to this job's trace
            partial(_recognise, content, job, looker, words, answered, since=perf_counter(), shown=shown),
        )
        picture = await asyncio.get_running_loop().run_in_executor(_recognition, recognise)
    except FileTooBig:
        return "oversized"
    except PhotoTooLarge:
        return "too_many_pixels"
    except PhotoError:
        return "unreadable"
    answered.faces = len(picture.faces)
    return picture


def _recognise(
    content: bytes,
    job: Origin,
    looker: Looker,
    words: Texts,
    answered: Answered,
    *,
    since: float,
    shown: bool,
) -> _Picture:
    def draw(seen: Seen) -> _Picture:
        faces = [SeenFace(face.candidates, face.scores, face.box[2:]) for face in seen.faces]
        jpeg = seen.annotate([words.label(face) for face in faces]) if faces or shown else b""
        return _Picture(faces, seen.more, jpeg)

    answered.note("wait", perf_counter() - since)
    with answered.timed("recognise"):
        picture, model = looker.look(content, job.update_id, draw)
    unsure = sum(len(face.candidates) > 1 for face in picture.faces)
    answered.looks = [Look(model, len(picture.faces), unsure, answered.milliseconds["recognise"])]
    return picture


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
