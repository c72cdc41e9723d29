"""What one photo uses: both functions in processes of their own; their calls, bytes and ticks counted."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import secrets
import tarfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import boto3

from benchmarks.image import build
from benchmarks.photo_path import SCENES
from emotion_bot.chat.constants import SECRET_HEADER
from infra.costs.logs import INIT, INVOCATION, OURS, billed, series
from infra.costs.stack import read
from playground.aws import REGION, LocalAWS
from playground.local_bot import PLAYGROUND_TOKEN
from playground.runtime.environments import Environments
from playground.runtime.event_source import records
from playground.runtime.function_url import payload
from playground.telegram import Person, Telegram
from playground.telegram.server import BotApi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Figures = dict[str, Any]

WARM_UP: Final = 5
PHOTOS: Final = {"litert": 60, "tensorflow": 20}
BASE_IMAGE: Final = 150_000_000
"""Bytes of AWS's own base image, compressed; assumed."""
TICK: Final = 1000 / os.sysconf("SC_CLK_TCK")
"""Milliseconds."""


class NotAnswered(Exception):
    """A function did not do its part; the message is what it said."""


class Counted:
    """A WSGI application, and what was asked of it: calls by operation, bytes by path."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self.calls: Counter[str] = Counter()
        self.bytes = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Count, and pass on."""
        target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
        self.calls[target.rpartition(".")[2] or f"S3 {environ['REQUEST_METHOD']}"] += 1
        self.bytes += int(environ.get("CONTENT_LENGTH") or 0)
        return self._app(environ, start_response)


@dataclass
class Spent:
    """What the invocations of one function used, one entry for each."""

    processor: list[float] = field(default_factory=list)
    """Milliseconds."""
    clock: list[float] = field(default_factory=list)
    """Milliseconds, with everything emulated on the same machine."""
    logged: list[int] = field(default_factory=list)
    """Bytes as CloudWatch Logs bills them."""
    calls: list[Counter[str]] = field(default_factory=list)
    series: set[str] = field(default_factory=set)
    """Custom metrics: each name with each value of its dimensions is billed."""

    def figures(self) -> Figures:
        """Means for what a bill adds up; of time, the clock's median besides."""
        count = len(self.processor)
        calls = sum(self.calls, Counter[str]())
        return {
            "processor": round(sum(self.processor) / count, 2),
            "clock": round(median(self.clock), 2),
            "logged": round(sum(self.logged) / count),
            "calls": {name: round(number / count, 3) for name, number in sorted(calls.items())},
            "metrics": sorted(self.series),
        }


class Bot:
    """Both functions warm, the queue between them worked off by hand."""

    def __init__(self, telegram: Telegram, aws: LocalAWS, counted: Counted, secret: str, engine: str) -> None:
        self._telegram, self._aws, self._counted, self._secret = telegram, aws, counted, secret
        self._sqs = boto3.client("sqs")
        memory = read().memory
        self.webhook = Environments("webhook", REGION, timeout=10, memory=memory["webhook"], at_most=1)
        self.recognizer = Environments("recognizer", REGION, timeout=120, memory=memory[engine], at_most=1)

    def start(self) -> Figures:
        """Start both cold, each by its own name as the template says: what that took of services and logs."""
        calls = self._counted.calls.copy()
        for function in (self.webhook, self.recognizer):
            os.environ["POWERTOOLS_SERVICE_NAME"] = function.name
            function.start()
        del os.environ["POWERTOOLS_SERVICE_NAME"]
        lines = (self.webhook.output + self.recognizer.output).splitlines()
        started = self._counted.calls - calls
        return {
            "calls": dict(sorted(started.items())),
            "logged": billed((*lines, INIT)),
        }

    def close(self) -> None:
        """Stop both."""
        self.webhook.stop()
        self.recognizer.stop()

    def answer(self, webhook: Spent, recognizer: Spent) -> None:
        """Somebody new sends a photo; both functions do their part.

        Raises:
            NotAnswered: one did not.
        """
        person = Person(self._telegram)
        update = person.send_photo(SCENES["1 face"].draw())
        headers = {"content-type": "application/json", SECRET_HEADER: self._secret}
        event = payload(json.dumps(update).encode(), headers, query="bot=somebody")
        said = self._invoke(self.webhook, event, webhook)
        if said.get("statusCode") != 200:
            raise NotAnswered(f"The webhook said {said}.")
        received = self._sqs.receive_message(
            QueueUrl=self._aws.queue_url, MessageSystemAttributeNames=["All"], WaitTimeSeconds=5
        )
        messages: list[Any] = list(received["Messages"])
        said = self._invoke(self.recognizer, records(messages, self._aws.queue_arn), recognizer)
        self._sqs.delete_message(QueueUrl=self._aws.queue_url, ReceiptHandle=messages[0]["ReceiptHandle"])
        if said != {"batchItemFailures": []} or "photo" not in (person.answers() or [{}])[-1]:
            raise NotAnswered(f"The recognizer said {said}.")

    def _invoke(self, function: Environments, event: Figures, spent: Spent) -> Figures:
        calls, printed = self._counted.calls.copy(), len(function.output)
        ticks, began = processor(function.pids), time.perf_counter()
        answer: Figures = function.invoke(event)
        spent.clock.append(1000 * (time.perf_counter() - began))
        spent.processor.append(processor(function.pids) - ticks)
        spent.calls.append(self._counted.calls - calls)
        lines = [line for line in function.output[printed:].splitlines() if not line.startswith(OURS)]
        spent.logged.append(billed((*lines, *INVOCATION)))
        spent.series.update(name for line in lines for name in series(line))
        return answer


def measure(store: Path) -> Figures:
    """What a photo with one face, 1280 × 960, uses in each function, by engine.

    Raises:
        NotAnswered: see there.
    """
    return {name: engine(store, name, photos) for name, photos in PHOTOS.items()}


def engine(store: Path, name: str, photos: int) -> Figures:
    """The same of one engine.

    Raises:
        NotAnswered: see there.
    """
    with running(store, name) as (bot, uploads):
        cold = bot.start()
        webhook, recognizer = Spent(), Spent()
        for _ in range(WARM_UP):
            bot.answer(Spent(), Spent())
        sent = uploads.bytes
        for _ in range(photos):
            bot.answer(webhook, recognizer)
        sent = uploads.bytes - sent
        return {
            "photos": photos,
            "webhook": webhook.figures(),
            "recognizer": recognizer.figures(),
            "cold": cold,
            "sent": round(sent / photos),
        }


@contextlib.contextmanager
def running(store: Path, engine: str) -> Iterator[tuple[Bot, Counted]]:
    """The bot, cold, and what it sends to Telegram."""
    telegram = Telegram(PLAYGROUND_TOKEN, limits=False)
    with contextlib.ExitStack() as parts:
        api = parts.enter_context(contextlib.closing(BotApi(telegram)))
        uploads = api._server.app = Counted(api._server.app)
        secret = secrets.token_urlsafe(32)
        variables = {"TELEGRAM_API_URL": api.url, "ENGINE": engine}
        aws = parts.enter_context(contextlib.closing(LocalAWS(store, telegram.token, secret, variables)))
        counted = aws.server.app = Counted(aws.server.app)
        bot = parts.enter_context(contextlib.closing(Bot(telegram, aws, counted, secret, engine)))
        yield bot, uploads


def image(engine: str) -> int:
    """Bytes that ECR keeps of the recognizer's image.

    Raises:
        BuildFailed: its packages cannot be installed.
    """
    return BASE_IMAGE + packed(build(engine))


def packed(folder: Path) -> int:
    """Bytes of a folder as a layer of an image is kept, compressed."""
    counted = _Bytes()
    with (
        gzip.GzipFile(fileobj=counted, mode="wb", compresslevel=6) as file,
        tarfile.open(fileobj=file, mode="w|") as layer,
    ):
        layer.add(folder, arcname=".")
    return counted.count


class _Bytes(io.RawIOBase):
    """A file that forgets what is written into it, but for how much it was."""

    def __init__(self) -> None:
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401 - any buffer
        self.count += len(content)
        return len(content)


def processor(groups: Iterable[int]) -> float:
    """Milliseconds that processes and all that they started have had a processor, by their sessions' ids."""
    wanted, ticks = set(groups), 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) in wanted:
                ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK
