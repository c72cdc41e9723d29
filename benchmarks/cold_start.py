"""From the start of the process to the first answer, in Lambda's own runtime client under its emulator."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

import boto3
import httpx

from benchmarks.image import ROOT, build, runtime_client
from benchmarks.photo_path import SCENES
from emotion_bot.chat.updates import parse
from playground.aws import LocalAWS
from playground.local_bot import PLAYGROUND_TOKEN
from playground.runtime.event_source import records
from playground.telegram import Person, Telegram
from playground.telegram.server import BotApi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.turns import Figures
    from emotion_bot.chat.requests import PhotoRequest

EMULATOR = "lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-"
"""In the virtual environment of aws-sam-cli, which carries it."""
WARM = 5
"""Further photographs that each process answers."""
PATIENCE = 120.0
"""Seconds for a first answer."""


class NoEmulator(Exception):
    """The runtime interface emulator is not on this machine; the message says how to get it."""


class NotAnswered(Exception):
    """The function answered no photo; the message is the last that it said."""


@dataclass(frozen=True)
class Answers:
    """What one process took, in seconds: until its first answer, and for each of the next."""

    first: float
    next: list[float]
    peak: int
    """Bytes that it and the process that looks at photos had resident at most."""


def measure(store: Path, engines: Iterable[str], rounds: int) -> dict[str, Figures]:
    """By engine: medians over so many processes, on one core, after one that fills the disk's cache.

    Raises:
        BuildFailed: the packages cannot be installed.
        NoEmulator: see there.
        NotAnswered: see there.
    """
    emulator = find_emulator()
    folders = {engine: build(engine) for engine in engines}
    runs: dict[str, list[Answers]] = {engine: [] for engine in folders}
    with _surroundings(store) as (telegram, aws):
        for _ in range(1 + rounds):
            for engine, folder in folders.items():
                runs[engine].append(_run(emulator, engine, folder, telegram, aws))
    return {engine: figures(answers[1:]) for engine, answers in runs.items()}


def figures(answers: list[Answers]) -> Figures:
    """Milliseconds until the first answer and for a warm one, and the most memory."""
    return {
        "rounds": len(answers),
        "first": round(1000 * median(each.first for each in answers), 1),
        "warm": round(1000 * median(time for each in answers for time in each.next), 1),
        "peak": max(each.peak for each in answers),
    }


def find_emulator() -> Path:
    """The emulator for this machine.

    Raises:
        NoEmulator: aws-sam-cli is not installed.
    """
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    found = next((ROOT / ".venv" / "infra").glob(EMULATOR + machine), None)
    if found is None:
        raise NoEmulator("Lambda's runtime interface emulator is not installed; first run: make .venv/.infra")
    return found


@contextlib.contextmanager
def _surroundings(store: Path) -> Iterator[tuple[Telegram, LocalAWS]]:
    """The playground's Telegram and AWS, in this process, for a function that runs in another."""
    telegram = Telegram(PLAYGROUND_TOKEN, limits=False)
    with contextlib.closing(BotApi(telegram)) as api:
        aws = LocalAWS(store, telegram.token, secrets.token_urlsafe(32), {"TELEGRAM_API_URL": api.url})
        with contextlib.closing(aws):
            yield telegram, aws


def _run(emulator: Path, engine: str, folder: Path, telegram: Telegram, aws: LocalAWS) -> Answers:
    url = f"127.0.0.1:{_free_port()}"
    command: list[str | Path] = [emulator, "--runtime-interface-emulator-address", url]
    command += ["--runtime-api-address", f"127.0.0.1:{_free_port()}"]
    # Not the Python of the virtual environment: the function shall see no package but its own.
    command += [Path(sys._base_executable), "-S", "-m", "awslambdaric", "app.handler"]  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile("w+") as log:
        environment = (
            os.environ
            | aws.environment
            | {
                "ENGINE": engine,
                "PYTHONPATH": os.pathsep.join(map(str, (folder, runtime_client()))),
                "LAMBDA_TASK_ROOT": str(folder),
                "TMPDIR": empty,
                "AWS_LAMBDA_FUNCTION_NAME": "recognizer",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
                # As the template sets it.
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
            }
        )
        job = _job(telegram, aws)
        began = time.perf_counter()
        with _one_core():
            process = subprocess.Popen(  # noqa: S603 - made of nothing but ours
                command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            _answer(url, *job)
            first = time.perf_counter() - began
            others = [_timed_answer(url, telegram, aws) for _ in range(WARM)]
            return Answers(first, others, _peak(process.pid))
        except NotAnswered as error:
            log.seek(0)
            raise NotAnswered(f"{error} {log.read().strip().rpartition(chr(10))[2]}") from None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _timed_answer(url: str, telegram: Telegram, aws: LocalAWS) -> float:
    job = _job(telegram, aws)
    began = time.perf_counter()
    _answer(url, *job)
    return time.perf_counter() - began


def _answer(url: str, person: Person, event: dict[str, Any]) -> None:
    """Have a person's photo answered, as soon as the function can be reached."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            response = httpx.post(
                f"http://{url}/2015-03-31/functions/function/invocations", json=event, timeout=PATIENCE
            )
            break
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise NotAnswered("The runtime interface emulator does not start.") from None
            time.sleep(0.002)
    if response.json() != {"batchItemFailures": []} or "photo" not in (person.answers() or [{}])[-1]:
        raise NotAnswered(f"The function said {response.text[:200]}.")


def _job(telegram: Telegram, aws: LocalAWS) -> tuple[Person, dict[str, Any]]:
    """Somebody new who sends the photo with one face, and the event that the queue makes of it."""
    person = Person(telegram)
    update = person.send_photo(SCENES["1 face"].draw())
    request = cast("PhotoRequest", parse(update))
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=aws.queue_url, MessageBody=request.job.model_dump_json())
    received = sqs.receive_message(QueueUrl=aws.queue_url, MessageSystemAttributeNames=["All"])
    # Else it comes again in place of a later one.
    sqs.delete_message(QueueUrl=aws.queue_url, ReceiptHandle=received["Messages"][0]["ReceiptHandle"])
    return person, records(cast("list[dict[str, Any]]", received["Messages"]), aws.queue_arn)


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """What is started meanwhile stays on one core; this thread has the others back afterwards."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _peak(parent: int) -> int:
    """Bytes that a process's children, and theirs, had resident at most; what they share counts twice."""
    children = [
        int(child)
        for file in Path(f"/proc/{parent}/task").glob("*/children")
        for child in file.read_text().split()
    ]
    peaks = (re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{child}/status").read_text()) for child in children)
    return sum(1024 * int(found[1]) for found in peaks if found) + sum(map(_peak, children))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
