"""The switch between the two engines: LiteRT, and TensorFlow once it is installed."""

from __future__ import annotations

import importlib
import os
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Literal

from playground.installation import InstallationFailed, install, is_installed

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.local_bot import LocalBot

NAMES = {"litert": "LiteRT", "tensorflow": "TensorFlow"}


class Busy(Exception):
    """The switch is being thrown already."""


class NotInstalled(Exception):
    """TensorFlow is missing, and nobody asked for its installation."""


class Engines:
    """Which engine recognises, and how another one is coming along. All work is done in the background.

    Args:
        bot: whose recognizer to restart.
        changed: called at each change.
    """

    def __init__(self, bot: LocalBot, changed: Callable[[], None] = lambda: None) -> None:
        self._bot = bot
        self._changed = changed
        self._lock = Lock()
        self._stop = Event()
        self._worker: Thread | None = None
        self.now = os.environ["ENGINE"]
        self.tensorflow: Literal["ready", "missing", "installing", "failed"] = (
            "ready" if is_installed() else "missing"
        )
        self.switching = False
        self.note = ""

    @property
    def state(self) -> dict[str, Any]:
        """All of it."""
        return {
            "now": self.now,
            "tensorflow": self.tensorflow,
            "switching": self.switching,
            "note": self.note,
        }

    def choose(self, engine: str, *, install: bool) -> None:
        """Begin to switch; nothing to do for the engine that is at work.

        Raises:
            Busy: wait for the last switch to end.
            NotInstalled: choose it with `install`.
        """
        with self._lock:
            if self.switching:
                raise Busy
            if engine == self.now:
                return
            if engine == "tensorflow" and self.tensorflow != "ready" and not install and not is_installed():
                raise NotInstalled
            self.switching = True
            self._worker = Thread(target=self._work, args=(engine,), daemon=True, name="engine switch")
            self._worker.start()

    def close(self) -> None:
        """End what is going on."""
        self._stop.set()
        if self._worker is not None:
            self._worker.join()

    def _work(self, engine: str) -> None:
        note = ""
        try:
            if engine == "tensorflow":
                self._prepare_tensorflow()
            self._tell(f"Starting {NAMES[engine]} …")
            self._restart(engine)
        except InstallationFailed as error:
            self.tensorflow, note = "failed", str(error)
        except Exception as error:  # whatever keeps an engine from starting, the other one goes on
            note = f"{NAMES[engine]} does not start ({type(error).__name__}); {NAMES[self.now]} goes on."
            if engine == "tensorflow":
                self.tensorflow = "failed"
        self.switching = False
        self._tell(note)

    def _prepare_tensorflow(self) -> None:
        """Have it imported, while the other engine still answers: that takes ten seconds or more."""
        if not is_installed():
            self.tensorflow = "installing"
            install(self._tell, self._stop)
        self.tensorflow = "ready"
        self._tell("Loading TensorFlow; this takes a few seconds …")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        for module in ("tensorflow", "mtcnn"):
            importlib.import_module(module)

    def _restart(self, engine: str) -> None:
        """A cold start with another ENGINE; jobs stay in the queue meanwhile."""
        with self._bot.jobs.held():
            self._bot.recognizer.stop()
            os.environ["ENGINE"] = engine
            try:
                self._bot.recognizer.start()
            except Exception:
                os.environ["ENGINE"] = self.now
                self._bot.recognizer.start()
                raise
            self.now = engine

    def _tell(self, note: str) -> None:
        self.note = note
        self._changed()
