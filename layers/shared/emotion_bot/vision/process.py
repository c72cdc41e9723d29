"""The process that looks at photos, seen from the one that has the keys: asked, limited, not trusted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from emotion_bot.vision.environment import bare
from emotion_bot.vision.errors import RecognitionFailed, RecognizerDied
from emotion_bot.vision.frames import LENGTHS, head

if TYPE_CHECKING:
    from emotion_bot.vision.reply import Reply

TIME_LIMIT: Final = 20.0
"""Seconds that a photo may take, and so may its picture; most take a hundredth of that or less."""
LOADING_LIMIT: Final = 60.0
"""Seconds that starting and loading may take, which TensorFlow needs many of."""
KEPT_FREE: Final = 512
"""MB of the function's memory that are for the process with the keys, and for files on their way."""
_MOST_SAID: Final = 2**20
_MOST_CONTENT: Final = 16 * 2**20
"""Bytes of the two parts of an answer: a picture has less than 2 MB."""
_PROGRAM: Final = "import sys; from emotion_bot.vision.apart_process import main; main(sys.argv[1])"
_SECOND: Final = 1.0


class Process:
    """One of them, until it dies or `end`. Its standard error is ours, so that a crash is logged."""

    def __init__(self) -> None:
        self._is_loading = False
        self._connection, theirs = socket.socketpair()
        with ExitStack() as unless_started, theirs:
            unless_started.callback(self._connection.close)
            # -P: nothing from where the function happens to be started. -S: PYTHONPATH has all packages.
            self._process = subprocess.Popen(  # noqa: S603 - made of nothing but ours
                [sys.executable, "-P", "-S", "-X", "faulthandler", "-c", _PROGRAM, str(_memory())],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=bare(),
            )
            unless_started.pop_all()

    @property
    def is_alive(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def load(self, **request: str) -> None:
        """Have it load a bundle; the next question waits for that."""
        self._is_loading = True
        with suppress(OSError):  # the next question finds out why
            self._send(monotonic() + TIME_LIMIT, head({"do": "load"} | request, 0))

    def ask(self, do: str, content: bytes = b"", **request: object) -> tuple[Reply, bytes]:
        """What it answers, and the bytes that came with that.

        Raises:
            RecognizerDied: it did not; it has ended.
            RecognitionFailed: it could not load its bundle; it has ended.
        """
        limit = LOADING_LIMIT
        with ExitStack() as unless_answered:
            # Whatever came later would be the answer to this question.
            unless_answered.callback(self.end)
            try:
                if self._is_loading:
                    self._finish_loading(monotonic() + limit)
                limit = TIME_LIMIT
                deadline = monotonic() + limit
                self._send(deadline, head({"do": do} | request, len(content)), content)
                answer = self._receive(deadline)
            except TimeoutError:
                raise RecognizerDied(f"{limit:.0f} s") from None
            except (EOFError, OSError):
                raise RecognizerDied(self._reason()) from None
            except ValueError:
                raise RecognizerDied("garbled answer") from None
            unless_answered.pop_all()
            return answer

    def kill(self) -> None:
        """Let whoever waits for its answer wait no longer."""
        self._process.kill()

    def end(self) -> None:
        """Leave nothing of it."""
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _finish_loading(self, deadline: float) -> None:
        reply, _ = self._receive(deadline)
        if reply.outcome != "done":
            raise RecognitionFailed(reply.text or reply.outcome)
        self._is_loading = False

    def _send(self, deadline: float, *parts: bytes) -> None:
        for part in filter(None, parts):
            self._connection.settimeout(_left(deadline))
            self._connection.sendall(part)

    def _receive(self, deadline: float) -> tuple[Reply, bytes]:
        from emotion_bot.vision.reply import Reply  # noqa: PLC0415 - pydantic, while the process starts

        said, size = LENGTHS.unpack(self._read(LENGTHS.size, deadline))
        if said > _MOST_SAID or size > _MOST_CONTENT:
            raise ValueError
        reply = Reply.model_validate_json(self._read(said, deadline))
        return reply, bytes(self._read(size, deadline))

    def _read(self, size: int, deadline: float) -> bytearray:
        content = bytearray(size)
        rest = memoryview(content)
        while rest:
            self._connection.settimeout(_left(deadline))
            arrived = self._connection.recv_into(rest)
            if not arrived:
                raise EOFError
            rest = rest[arrived:]
        return content

    def _reason(self) -> str:
        """Why it closed the connection."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECOND)
        self.end()
        status = self._process.returncode
        return f"signal {-status}" if status < 0 else f"exit status {status}"


def _left(deadline: float) -> float:
    """Seconds; who sends a byte now and then has no more of them than others."""
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _memory() -> int:
    """Bytes that it may have; 0 where nobody says how many there are."""
    memory = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))
    return max(0, memory - KEPT_FREE) << 20
