"""The whole bot on this machine: its functions, its queue and its store, in front of any Bot API server."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from typing import TYPE_CHECKING

from emotion_bot.store import open_bundle
from emotion_bot.telemetry import logger
from playground.aws import REGION, LocalAWS
from playground.runtime.custom_resource import CustomResource, CustomResourceFailed
from playground.runtime.event_source import EventSource
from playground.runtime.function import Function
from playground.runtime.function_url import FunctionUrl
from playground.telegram import Clock, Telegram
from playground.telegram.server import BotApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from playground.telegram.emulator import Json

BATCH_SIZE = 10
"""Jobs; as in infra/template.yaml."""
PLAYGROUND_TOKEN = "1000000:playground"  # noqa: S105 - opens the emulator only


class FaceCounts(logging.Handler):
    """How many faces each answered photo or album had, by update id, read from the recognizer's log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.by_update: dict[int, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note the log's line about an answer."""
        if record.getMessage() in ("photo answered", "album answered"):
            fields = vars(record)
            self.by_update[fields["update_id"]] = fields["faces"]


class LocalBot:
    """Webhook and recognizer, warm and connected by a queue, until `close`.

    Args:
        store: a folder laid out as `models/`.
        token: the bot's.
        api_url: the Bot API server to talk to.

    Raises:
        StoreError: the store holds no bundle, or an altered one.
    """

    def __init__(self, store: Path, token: str, api_url: str) -> None:
        open_bundle(str(store))  # says what is wrong in the words of the folder, not of its copy in S3
        self.secret = secrets.token_urlsafe(32)
        with contextlib.ExitStack() as parts:
            engine = os.environ.get("ENGINE", "litert")
            self.aws = LocalAWS(store, token, self.secret, {"TELEGRAM_API_URL": api_url, "ENGINE": engine})
            parts.callback(self.aws.close)
            # Timeouts and memory as in infra/template.yaml.
            self.webhook = Function("webhook", REGION, timeout=10, memory=512)
            self.recognizer = Function("recognizer", REGION, timeout=60, memory=1769, end=_end_recognizer)
            parts.callback(self.recognizer.stop)
            self.webhook.start()
            self.recognizer.start()
            self.face_counts = FaceCounts()
            logger.setLevel(logging.INFO)
            logger.addHandler(self.face_counts)
            parts.callback(logging.getLogger(logger.name).removeHandler, self.face_counts)
            self.jobs = EventSource(self.recognizer, self.aws.queue_url, self.aws.queue_arn, BATCH_SIZE)
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
def playground(store: Path, clock: Clock | None = None) -> Iterator[tuple[Telegram, LocalBot]]:
    """The bot and a Telegram to use it in, deployed as CloudFormation would, and removed at the end.

    Raises:
        StoreError: the store holds no bundle, or an altered one.
    """
    telegram = Telegram(PLAYGROUND_TOKEN, clock)
    with contextlib.ExitStack() as parts:
        api = BotApi(telegram)
        parts.callback(api.close)
        bot = LocalBot(store, telegram.token, api.url)
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
