"""Logger, tracer and metrics. They never see pixels, names, texts or tokens."""

from __future__ import annotations

import logging
import os
from threading import RLock

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

SERVICE = os.getenv("POWERTOOLS_SERVICE_NAME", "emotion-bot")
NAMESPACE = os.getenv("POWERTOOLS_METRICS_NAMESPACE", "EmotionBot")

logger = Logger(service=SERVICE)
# At DEBUG, which a setting of Lambda's asks of all libraries, it logs answers whole: SSM's hold the secrets.
logging.getLogger("botocore").setLevel(logging.INFO)
# Only AWS calls are traced: traces of httpx would hold Telegram's URLs, and these hold the bot's token.
tracer = Tracer(service=SERVICE, patch_modules=("botocore",))


class Counters(EphemeralMetrics):
    """A function's counts. Each function has its own, since the playground runs them in one process."""

    def __init__(self) -> None:
        super().__init__(service=SERVICE, namespace=NAMESPACE)
        self._lock = RLock()

    def count(self, name: str, value: int = 1) -> None:
        """Add to a count of this invocation; the photos of a batch do so from several threads."""
        with self._lock:
            self.add_metric(name=name, unit=MetricUnit.Count, value=value)

    def flush_metrics(self, raise_on_empty_metrics: bool = False) -> None:
        """Print this invocation's counts and begin anew; Powertools keeps them where metrics are disabled."""
        with self._lock:  # a model that is on its way may count meanwhile
            super().flush_metrics(raise_on_empty_metrics)
            self.clear_metrics()
