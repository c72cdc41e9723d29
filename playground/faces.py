"""The faces of answered photos, and their crops as the network saw them: recognised again, for the page."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from emotion_bot.chat.updates import parse
from emotion_bot.vision import PhotoError
from emotion_bot.vision.apart import RecognitionFailed, RecognizerDied
from emotion_bot.vision.crop import CROP_SIZE

if TYPE_CHECKING:
    from playground.local_bot import LocalBot
    from playground.telegram import Telegram
    from playground.telegram.emulator import Json
    from playground.trace import Trace
    from playground.traces import Traces


class Faces:
    """Looks once more at what was answered: the same bytes, by the recognizer that answered.

    The bot itself keeps no pixel, and is not changed for this. All it notices is that a photo, now and then,
    waits for another's recognition.

    Args:
        telegram: has the files.
        bot: whose recognizer.
    """

    def __init__(self, telegram: Telegram, bot: LocalBot) -> None:
        self._telegram = telegram
        self._bot = bot
        self._waiting: SimpleQueue[tuple[Trace, Traces] | None] = SimpleQueue()
        self._worker = Thread(target=self._work, daemon=True, name="faces")
        self._worker.start()

    def look(self, trace: Trace, traces: Traces) -> None:
        """Add its faces to a trace, soon."""
        self._waiting.put((trace, traces))

    def close(self) -> None:
        """Look at nothing more."""
        self._waiting.put(None)
        self._worker.join()

    def _work(self) -> None:
        while (head := self._waiting.get()) is not None:
            trace, traces = head
            for update in list(trace.updates):
                message_id, content = self._content(update)
                if content is not None:
                    traces.add_faces(
                        trace, message_id, *self._recognise(content, trace.update_id, message_id)
                    )
            traces.tell(trace)

    def _content(self, update: Json) -> tuple[int, bytes | None]:
        """The very file that the bot fetched for an update, if any, and before it its message's id."""
        request: Any = parse(update, self._telegram.bot["username"])
        wanted = getattr(request, "item", None) or getattr(request, "job", None)
        file = self._telegram.files.get(getattr(wanted, "file_id", None) or "")
        return getattr(wanted, "message_id", 0), file.content if file else None

    def _recognise(
        self, content: bytes, update_id: int, message_id: int
    ) -> tuple[list[Json], dict[tuple[int, int], bytes]]:
        with self._bot.recognizer.borrow() as module:
            if module is None:  # switched off meanwhile
                return [], {}
            try:
                seen = module.bot().recognizer.recognize(content)
                crops = np.frombuffer(seen.crops, np.uint8).reshape(-1, CROP_SIZE, CROP_SIZE)
            except (PhotoError, RecognitionFailed, RecognizerDied):
                return [], {}
        faces = [
            {
                "number": number,
                "candidates": list(face.candidates),
                "scores": {emotion: round(score, 4) for emotion, score in face.scores.items()},
                "size": list(face.box[2:]),
                "crop": f"/crops/{update_id}/{message_id}/{number}.png",
            }
            for number, face in enumerate(seen.faces, 1)
        ]
        return faces, {
            (message_id, number): cv2.imencode(".png", crop)[1].tobytes()
            for number, crop in enumerate(crops, 1)
        }
