"""A Lambda function's execution environment: cold until its first invocation, then warm."""

from __future__ import annotations

import gc
import importlib
import sys
import time
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities import parameters

from emotion_bot import settings
from playground.runtime.context import LambdaContext, arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


class Function:
    """`functions/<name>/app.py`, invoked as Lambda does it: one event at a time, the module kept while warm.

    Args:
        name: folder of the function.
        region: where the function seems to live.
        timeout: seconds that the context tells the handler.
        memory: MB that the context tells the handler.
        end: what the end of the process does in Lambda; here the process lives on, so it is given the module.
    """

    def __init__(
        self,
        name: str,
        region: str,
        *,
        timeout: int,
        memory: int,
        end: Callable[[ModuleType], None] = lambda _: None,
    ) -> None:
        self.name = name
        self._arn = arn(name, region)
        self._timeout = timeout
        self._memory = memory
        self._end = end
        self._module: ModuleType | None = None
        self._one_at_a_time = Lock()

    def start(self) -> None:
        """The INIT phase: import the module afresh, with the environment of now; nothing where it is warm."""
        with self._one_at_a_time:
            self._start()

    def stop(self) -> None:
        """Throw the execution environment away: the next invocation is a cold start."""
        with self._one_at_a_time:
            if self._module is not None:
                self._end(self._module)
            self._module = None

    @contextmanager
    def borrow(self) -> Iterator[ModuleType | None]:
        """The module, None where it is cold; nothing is invoked meanwhile."""
        with self._one_at_a_time:
            yield self._module

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a handler's answer is any JSON
        """The handler's answer. Whatever the handler raises, or its import, is raised here."""
        with self._one_at_a_time:
            handler = self._start().handler
            deadline = time.monotonic() + self._timeout
            return handler(
                event, LambdaContext(f"emotion-bot-{self.name}", self._arn, self._memory, deadline)
            )

    def _start(self) -> ModuleType:
        if self._module is None:
            name = f"functions.{self.name}.app"
            sys.modules.pop(name, None)
            for read in (
                settings.webhook_settings,
                settings.registrar_settings,
                settings.recognizer_settings,
            ):
                read.cache_clear()
            parameters.clear_caches()  # type: ignore[no-untyped-call]
            try:
                self._module = importlib.import_module(name)
            finally:
                gc.enable()  # a module that disabled it for its INIT, and failed, leaves it so
        return self._module
