"""One playground for all tests of this folder, each in a chat of its own."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest
import telegram as library

from playground.local_bot import playground
from playground.page.server import Page
from playground.runtime.event_source import Watcher
from playground.telegram import Clock, Person, Telegram
from playground.telegram.server import BotApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from playground.local_bot import LocalBot

PATIENCE = 60
"""Seconds that a test waits for what must come; it comes in one or two."""
TOKEN = "42:emulated"
"""Of the emulator without the bot."""


class FastClock(Clock):
    """Lets waiting take no time, and remembers how long it would have been."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> float:
        return time.time() + sum(self.waits)

    def wait(self, seconds: float, stop: Event) -> bool:
        self.waits.append(seconds)
        return stop.is_set()


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def world(clock: FastClock) -> Telegram:
    """An emulated Telegram of the test's own, without the bot."""
    return Telegram(TOKEN, clock)


@pytest.fixture
def someone(world: Telegram) -> Person:
    return Person(world, "Ada", "en")


@pytest.fixture
def api(world: Telegram) -> Iterator[BotApi]:
    api = BotApi(world)
    yield api
    api.close()


@pytest.fixture
def call(api: BotApi):
    """Call a method as no library would: the whole answer."""

    with httpx.Client(base_url=f"{api.url}/bot{TOKEN}") as client:
        yield lambda method, **parameters: client.post(method, json=parameters).json()


@pytest.fixture
def ask(api: BotApi):
    """Run something with the library's bot."""

    def run(work, token: str = TOKEN):
        async def connect_and_work():
            async with library.Bot(token, f"{api.url}/bot", f"{api.url}/file/bot") as bot:
                return await work(bot)

        return asyncio.run(connect_and_work())

    return run


@pytest.fixture(scope="package")
def stage(store: Path) -> Iterator[tuple[Telegram, LocalBot]]:
    with playground(store, FastClock()) as (telegram, bot):
        yield telegram, bot


@pytest.fixture
def telegram(stage: tuple[Telegram, LocalBot]) -> Telegram:
    return stage[0]


@pytest.fixture
def bot(stage: tuple[Telegram, LocalBot]) -> LocalBot:
    return stage[1]


@pytest.fixture
def person(telegram: Telegram) -> Person:
    return Person(telegram)


@pytest.fixture
def page(telegram: Telegram, bot: LocalBot) -> Iterator[Page]:
    page = Page(telegram, bot, 0)
    yield page
    page.close()
    bot.recognizer.start()  # a fault may have stopped it; other tests expect it warm


@pytest.fixture
def until(page: Page):
    """What the page's stream shows first of a kind, such as "trace", and so that a condition holds."""

    def read(kind: str, condition=lambda _: True) -> dict:
        end = time.monotonic() + PATIENCE
        with httpx.stream("GET", f"{page.url}/events", timeout=PATIENCE) as stream:
            for line in stream.iter_lines():
                if time.monotonic() > end:
                    break
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    if kind in event and condition(event[kind]):
                        return event[kind]
        raise AssertionError(f"no such {kind} came")

    return read


@pytest.fixture
def impatient(bot: LocalBot, page: Page) -> Iterator[None]:
    """The queue hands a failed job out again at once; after the page has noted when it would."""

    class Impatient(Watcher):
        def given_back(self, message: dict) -> None:
            boto3.client("sqs").change_message_visibility(
                QueueUrl=bot.aws.queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    watcher = Impatient()
    bot.jobs.watchers.append(watcher)
    yield
    bot.jobs.watchers.remove(watcher)


@pytest.fixture
def wait():
    """The bot's answer to an update; a test fails without one."""

    def for_answer(person: Person, update: dict) -> dict:
        answer = person.wait_for_answer(update, PATIENCE)
        assert answer is not None, "no answer came"
        return answer

    return for_answer
