"""The whole bot on this machine: its functions, its queue and its store, in front of any Bot API server."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from typing import TYPE_CHECKING, Any

from emotion_bot.store import open_bundle
from emotion_bot.telemetry import logger
from playground.aws import MAX_RECEIVE_COUNT, REGION, VISIBILITY_TIMEOUT, LocalAWS
from playground.runtime.custom_resource import CustomResource, CustomResourceFailed
from playground.runtime.environments import Environments
from playground.runtime.event_source import EventSource
from playground.runtime.function import Function
from playground.runtime.function_url import FunctionUrl
from playground.telegram import Clock, Telegram
from playground.telegram.server import BotApi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

    from playground.telegram.emulator import Json

BATCH_SIZE = 10
"""Jobs; as in infra/template.yaml."""
TIMEOUT, MEMORY = 60, 1769
"""Seconds and MB of the recognizer, as there."""
PLAYGROUND_TOKEN = "1000000:playground"  # noqa: S105 - opens the emulator only


class FaceCounts(logging.Handler):
    """How many faces each answered photo or album had, by update id, read from the recognizer's log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.by_update: dict[int, int | None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note the log's line about an answer."""
        self.note(record.getMessage(), vars(record))

    def note(self, message: object, fields: Mapping[str, Any]) -> None:
        """Note it if it is about an answer."""
        if message in ("photo answered", "album answered"):
            self.by_update[fields["update_id"]] = fields.get("faces")  # the log leaves out what is None


class LocalBot:
    """Webhook and recognizer, warm and connected by a queue, until `close`.

    Args:
        store: a folder laid out as `models/`.
        token: the bot's.
        api_url: the Bot API server to talk to.
        environments: processes of the recognizer at one time, as Lambda has them; 0 for this very process.
        timeout: seconds of the recognizer.
        visibility: seconds until a job that failed comes back, where nobody says otherwise.
        max_receive_count: deliveries of a job before it is set aside.

    Raises:
        StoreError: the store holds no bundle, or an altered one.
    """

    def __init__(
        self,
        store: Path,
        token: str,
        api_url: str,
        *,
        environments: int = 0,
        timeout: int = TIMEOUT,
        visibility: int = VISIBILITY_TIMEOUT,
        max_receive_count: int = MAX_RECEIVE_COUNT,
    ) -> None:
        open_bundle(str(store))  # says what is wrong in the words of the folder, not of its copy in S3
        self.secret = secrets.token_urlsafe(32)
        with contextlib.ExitStack() as parts:
            engine = os.environ.get("ENGINE", "litert")
            self.aws = LocalAWS(
                store,
                token,
                self.secret,
                {"TELEGRAM_API_URL": api_url, "ENGINE": engine},
                max_receive_count=max_receive_count,
                visibility=visibility,
            )
            parts.callback(self.aws.close)
            # Timeouts and memory as in infra/template.yaml.
            self.webhook = Function("webhook", REGION, timeout=10, memory=512)
            self.face_counts = FaceCounts()
            self.recognizer: Function | Environments = Function(
                "recognizer", REGION, timeout=timeout, memory=MEMORY, end=_end_recognizer
            )
            if environments:
                self.recognizer = Environments(
                    "recognizer",
                    REGION,
                    timeout=timeout,
                    memory=MEMORY,
                    at_most=environments,
                    watch=lambda line: self.face_counts.note(line.get("message"), line),
                )
            parts.callback(self.recognizer.stop)
            self.webhook.start()
            self.recognizer.start()
            logger.setLevel(logging.INFO)
            logger.addHandler(self.face_counts)
            parts.callback(logging.getLogger(logger.name).removeHandler, self.face_counts)
            self.jobs = EventSource(
                self.recognizer,
                self.aws.queue_url,
                self.aws.queue_arn,
                BATCH_SIZE,
                concurrency=max(1, environments),
            )
            parts.callback(self.jobs.close)
            self._parts = parts.pop_all()

    def close(self) -> None:
        """Stop everything, the latest first."""
        self._parts.close()

    def faces(self, update: Json) -> int | None:
        """How many faces the photo of an answered update had; None where it was no photo."""
        self.jobs.idle.wait()  # the answer is out before the log knows of it
        return self.face_counts.by_update.get(update["update_id"])


def _end_recognizer(module: ModuleType) -> None:
    """Close what would otherwise stay open: connections, and the loop they run in."""
    if module.bot.cache_info().currsize:
        module.bot().close()


@contextlib.contextmanager
def playground(
    store: Path,
    clock: Clock | None = None,
    *,
    limits: bool = True,
    environments: int = 0,
    timeout: int = TIMEOUT,
    visibility: int = VISIBILITY_TIMEOUT,
    max_receive_count: int = MAX_RECEIVE_COUNT,
) -> Iterator[tuple[Telegram, LocalBot]]:
    """The bot and a Telegram to use it in, deployed as CloudFormation would, and removed at the end.

    Args:
        store: a folder laid out as `models/`.
        clock: Telegram's.
        limits: whether the bot may send only so much, as in Telegram.
        environments: see `LocalBot`, as for the rest.
        timeout: of the recognizer.
        visibility: of the queue.
        max_receive_count: of the queue.

    Raises:
        StoreError: the store holds no bundle, or an altered one.
    """
    telegram = Telegram(PLAYGROUND_TOKEN, clock, limits=limits)
    with contextlib.ExitStack() as parts:
        api = BotApi(telegram)
        parts.callback(api.close)
        bot = LocalBot(
            store,
            telegram.token,
            api.url,
            environments=environments,
            timeout=timeout,
            visibility=visibility,
            max_receive_count=max_receive_count,
        )
        parts.callback(bot.close)
        url = FunctionUrl(bot.webhook)
        parts.callback(url.close)
        registrar = Function("registrar", REGION, timeout=60, memory=512)
        registration = CustomResource(registrar, REGION, {"WebhookUrl": url.url, "Revision": "1"})
        registration.create()
        parts.callback(_remove, registration)
        yield telegram, bot


def _remove(registration: CustomResource) -> None:
    with contextlib.suppress(CustomResourceFailed):
        registration.delete()
