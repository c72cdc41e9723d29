"""One execution environment of a Lambda function: a process of its own, which sees one event at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict
from multiprocessing import Pipe
from threading import Event, Thread
from typing import IO, TYPE_CHECKING, Any, Final

from playground.runtime import bootstrap
from playground.runtime.context import LambdaContext, arn, trace_header

if TYPE_CHECKING:
    from collections.abc import Callable

INIT_SECONDS: Final = 10
"""That the INIT phase may take; past it, it is begun anew within the first invocation's time."""
_NOT_INHERITED: Final = ("POWERTOOLS_METRICS_DISABLED", "PYTEST_CURRENT_TEST")
"""The first since here somebody reads the metrics."""


class FunctionError(Exception):
    """The handler raised; the environment goes on."""


class EnvironmentDied(Exception):
    """The process ended, or was ended: the invocation has no answer, and the environment is done with."""


class Environment:
    """A process that begins its INIT phase at once, and has to be ended by `close`.

    Args:
        name: folder of the function.
        region: where the function seems to live.
        timeout: seconds that an invocation may take before the process is killed.
        memory: MB that the function is told it has.
        tell: is given each line that the process, and those that it starts, print.
    """

    def __init__(
        self, name: str, region: str, *, timeout: float, memory: int, tell: Callable[[str], None]
    ) -> None:
        self._name, self._region = name, region
        self._timeout, self._memory = timeout, memory
        self._tell = tell
        self.died = self.is_at_work = self._ready = False
        self._folder = tempfile.TemporaryDirectory(prefix="environment-")
        self._reported = Event()
        self._last_line = ""
        self._begin()

    @property
    def pid(self) -> int:
        """Of the process, which leads the group of all that it starts."""
        return self._process.pid

    def wait_until_ready(self, seconds: float) -> None:
        """Wait for the end of the INIT phase.

        Raises:
            EnvironmentDied: the module could not be imported, or not in time.
        """
        if not self._ready:
            try:
                self._receive(time.monotonic() + seconds, f"INIT timed out after {seconds:g} seconds")
            except FunctionError as error:
                self.strike()
                raise EnvironmentDied(str(error)) from None
            self._ready = True

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """The handler's answer.

        Raises:
            FunctionError: the handler raised.
            EnvironmentDied: the process ended, or ran out of time and was killed.
        """
        try:
            self.wait_until_ready(INIT_SECONDS)
        except EnvironmentDied:
            self._end()
            self._begin()
            deadline = time.monotonic() + self._timeout
            self.wait_until_ready(self._timeout)
        else:
            deadline = time.monotonic() + self._timeout
        context = LambdaContext(
            f"emotion-bot-{self._name}",
            arn(self._name, self._region),
            self._memory,
            deadline,
            log_stream_name=f"environment-{self.pid}",
        )
        asked = json.dumps({"event": event, "context": asdict(context), "trace": trace_header(event)})
        self._last_line = bootstrap.report(context.aws_request_id)
        self._reported.clear()
        self.is_at_work = True
        with suppress(OSError):  # whoever is gone says nothing either
            self._connection.send_bytes(asked.encode())
        try:
            return self._receive(deadline, f"Task timed out after {self._timeout:g} seconds")["answer"]
        finally:
            self.is_at_work = False
            # So that all that it printed is known.
            while not (self.died or self._reported.wait(1)) and self._reader.is_alive():
                pass

    def strike(self) -> None:
        """SIGKILL, to the process and all that it started."""
        self.died = True
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and all that it started; returns when nothing of it is left."""
        self._end()
        self._folder.cleanup()

    def _begin(self) -> None:
        self._ready = self.died = False
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this very project
                [sys.executable, "-P", "-m", bootstrap.__name__, self._name, str(theirs.fileno())],
                env=self._variables(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._reader = Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _end(self) -> None:
        self.strike()
        self._process.wait()
        self._reader.join()
        self._connection.close()

    def _receive(self, deadline: float, too_late: str) -> dict[str, Any]:
        try:
            if not self._connection.poll(max(0.0, deadline - time.monotonic())):
                self.strike()
                raise EnvironmentDied(too_late)
            result: dict[str, Any] = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            self.strike()
            raise EnvironmentDied("Runtime.ExitError") from None
        if "error" in result:
            raise FunctionError(result["error"])
        return result

    def _variables(self) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        inherited = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
        return inherited | {
            "AWS_LAMBDA_FUNCTION_NAME": f"emotion-bot-{self._name}",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/emotion-bot-{self._name}",
            "AWS_LAMBDA_RUNTIME_API": "playground",
            "AWS_REGION": self._region,
            "POWERTOOLS_SERVICE_NAME": self._name,
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": self._folder.name,
            "_HANDLER": f"functions.{self._name}.app.handler",
        }

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._tell(line)
                if line.rstrip() == self._last_line:
                    self._reported.set()
