"""A Lambda function's execution environments: as many as work is there for, up to a limit."""

from __future__ import annotations

import json
import random
from collections import Counter, deque
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING, Any, Final

from playground.runtime.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINES: Final = 50_000
"""Of output that are kept."""


class Throttled(Exception):
    """All environments are busy, and there may be no more of them."""


class Environments:
    """`functions/<name>/app.py`, invoked as Lambda does it: each environment a process, several at one time.

    The environment that was busy last is used again first. One in which an invocation ran out of time, or
    whose process ended, is replaced when it is needed.

    Args:
        name: folder of the function.
        region: where the function seems to live.
        timeout: seconds that an invocation may take before its environment is killed.
        memory: MB that the function is told it has.
        at_most: environments at one time, as the reserved concurrency says.
        watch: is given each log line that is a JSON object.
    """

    def __init__(
        self,
        name: str,
        region: str,
        *,
        timeout: float,
        memory: int,
        at_most: int,
        watch: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self.name = name
        self.metrics: Counter[str] = Counter()
        """Sums of all metrics that were printed."""
        self.started = 0
        """Environments so far."""
        self._region, self._timeout, self._memory = region, timeout, memory
        self._at_most = at_most
        self._watch = watch
        self._lines: deque[str] = deque(maxlen=LINES)
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()
        self._retired: set[Environment] = set()
        self._changed = Condition()

    @property
    def output(self) -> str:
        """The last `LINES` lines that the processes printed."""
        return "".join(self._lines.copy())

    @property
    def pids(self) -> list[int]:
        """The processes of the environments; each leads the group of those that it started."""
        with self._changed:
            return [environment.pid for environment in (*self._idle, *self._busy)]

    def start(self) -> None:
        """Have an environment that is warm, however long it takes.

        Raises:
            EnvironmentDied: its INIT failed.
        """
        with self._one() as environment:
            environment.wait_until_ready(self._timeout)

    def stop(self) -> None:
        """Throw all environments away, each once its invocation ended."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._retired |= self._busy
        for environment in idle:
            environment.close()
        with self._changed:
            self._changed.wait_for(lambda: not self._retired)

    def kill_one(self) -> bool:
        """Kill an environment half-way through an invocation; whether there was any."""
        with self._changed:
            at_work = [each for each in self._busy if each.is_at_work and not each.died]
            if at_work:
                random.choice(at_work).strike()  # noqa: S311 - no secret
        return bool(at_work)

    @contextmanager
    def borrow(self) -> Iterator[None]:
        """As `Function.borrow`, but no module is in this process."""
        yield

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a handler's answer is any JSON
        """The handler's answer.

        Raises:
            Throttled: nothing was invoked.
            FunctionError: the handler raised.
            EnvironmentDied: the environment ended, or ran out of time, and was thrown away.
        """
        with self._one() as environment:
            return environment.invoke(event)

    @contextmanager
    def _one(self) -> Iterator[Environment]:
        environment = self._take()
        try:
            yield environment
        finally:
            self._give_back(environment)

    def _take(self) -> Environment:
        with self._changed:
            if self._idle:
                environment = self._idle.pop()
            elif len(self._busy) < self._at_most:
                environment = Environment(
                    self.name, self._region, timeout=self._timeout, memory=self._memory, tell=self._tell
                )
                self.started += 1
            else:
                raise Throttled
            self._busy.add(environment)
        return environment

    def _give_back(self, environment: Environment) -> None:
        with self._changed:
            gone = environment.died or environment in self._retired
            if not gone:
                self._busy.discard(environment)
                self._idle.append(environment)
        if gone:
            environment.close()
            with self._changed:
                self._busy.discard(environment)
                self._retired.discard(environment)
        with self._changed:
            self._changed.notify_all()

    def _tell(self, line: str) -> None:
        self._lines.append(line)
        try:
            fields = json.loads(line)
        except ValueError:
            return
        if isinstance(fields, dict):
            with self._changed:
                self.metrics.update(_metrics(fields))
            self._watch(fields)


def _metrics(fields: dict[str, Any]) -> dict[str, int]:
    """Sums of the metrics in a log line, by name.

    Source: CloudWatch user guide, "Specification: Embedded metric format".
    """
    match fields:
        case {"_aws": {"CloudWatchMetrics": [{"Metrics": [*metrics]}, *_]}}:
            names = [metric["Name"] for metric in metrics]
            return {name: int(sum(fields[name])) for name in names if isinstance(fields.get(name), list)}
    return {}
