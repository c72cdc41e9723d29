"""Logger, tracer and metrics. They never see pixels, names, texts or tokens."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = os.getenv("POWERTOOLS_SERVICE_NAME", "emotion-bot")
NAMESPACE = os.getenv("POWERTOOLS_METRICS_NAMESPACE", "EmotionBot")

_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


class _Formatter(LambdaPowertoolsFormatter):
    """Powertools' own knows the invocation's trace; a job's lines lead to the trace of its update."""

    def serialize(self, log: Any) -> str:  # noqa: ANN401 - a line's fields
        own = _trace_id.get()
        return super().serialize({**log, "xray_trace_id": own} if own else log)


# By the version, a deployment is rolled back for what its own version logs (Troubles in the template).
logger = Logger(
    service=SERVICE,
    logger_formatter=_Formatter(),
    function_version=os.getenv("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
)
# At DEBUG, which a setting of Lambda's asks of all libraries, it logs answers whole: SSM's hold the secrets.
logging.getLogger("botocore").setLevel(logging.INFO)
# At each cold start it warns, in lines that are no JSON, that what INIT asks of AWS is in no trace.
logging.getLogger("aws_xray_sdk").setLevel(logging.ERROR)
# Only AWS calls are traced: traces of httpx would hold Telegram's URLs, and these hold the bot's token.
tracer = Tracer(service=SERVICE, patch_modules=("botocore",))


@contextmanager
def logged_under(trace_id: str | None) -> Iterator[None]:
    """Let log lines of this thread, and of what it has others do, name a trace; None: Lambda's."""
    before = _trace_id.set(trace_id)
    try:
        yield
    finally:
        _trace_id.reset(before)


class Counters(EphemeralMetrics):
    """A function's counts. Each function has its own, since the playground runs them in one process."""

    def __init__(self) -> None:
        super().__init__(service=SERVICE, namespace=NAMESPACE)
        self._lock = RLock()
        self._by_model: dict[str, EphemeralMetrics] = {}

    def count(self, name: str, value: int = 1) -> None:
        """Add to a count of this invocation; the photos of a batch do so from several threads."""
        with self._lock:
            self.add_metric(name=name, unit=MetricUnit.Count, value=value)

    def measure(self, name: str, milliseconds: float) -> None:
        """Note how long something of this invocation took."""
        with self._lock:
            self.add_metric(name=name, unit=MetricUnit.Milliseconds, value=milliseconds)

    def count_look(self, model: str, faces: int, unsure: int, milliseconds: int) -> None:
        """Count a photo under the version of the model that looked at it, so that two can be compared.

        Args:
            model: a dimension of these metrics, besides the service.
            faces: on the photo.
            unsure: how many of these are hard to tell.
            milliseconds: that it took.
        """
        with self._lock:
            if model not in self._by_model:
                self._by_model[model] = EphemeralMetrics(
                    service=SERVICE, namespace=NAMESPACE, default_dimensions={"model": model}
                )
            counts = self._by_model[model]
            for name, value in (("Photos", 1), ("Faces", faces), ("Unsure", unsure)):
                counts.add_metric(name=name, unit=MetricUnit.Count, value=value)
            counts.add_metric("RecognitionMilliseconds", MetricUnit.Milliseconds, milliseconds)

    def flush_metrics(self, raise_on_empty_metrics: bool = False) -> None:
        """Print this invocation's counts and begin anew; Powertools keeps them where metrics are disabled."""
        with self._lock:  # a model that is on its way may count meanwhile
            super().flush_metrics(raise_on_empty_metrics)
            self.clear_metrics()
            for counts in self._by_model.values():
                if counts.metric_set:
                    counts.flush_metrics()
                    counts.clear_metrics()
