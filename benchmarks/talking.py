"""The whole bot in this process, as `make run` starts it, and somebody who talks to it: what each takes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from benchmarks.photo_path import SCENES
from emotion_bot.chat.constants import SECRET_HEADER
from playground.local_bot import playground
from playground.page.server import Page
from playground.runtime.function_url import payload
from playground.telegram import Person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from benchmarks.turns import Figures
    from playground.local_bot import LocalBot
    from playground.telegram import Telegram

WARM_UP = 3
"""Rounds that do not count."""
COMMANDS = 20
"""In each round: one takes a millisecond."""
PATIENCE = 120.0
"""Seconds."""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
LOADED = "performance.getEntriesByType('resource').some(({ name }) => name.includes('/about'))"
"""The commands are what the page asks for last, but for what happens."""
BYTES = """
['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
    .reduce((sum, { transferSize }) => sum + transferSize, 0)
"""


def main(store: str, rounds: str) -> None:
    """Print the figures as one line of JSON; what the functions log goes to the standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        with playground(Path(store), limits=False) as (telegram, bot):
            figures = {
                "command": commands(bot, int(rounds), known=True),
                "first_command": commands(bot, int(rounds), known=False),
                "photo": photos(telegram, int(rounds)),
                "page": page(telegram, bot, int(rounds)),
            }
        answers.write(json.dumps(figures))


def commands(bot: LocalBot, rounds: int, *, known: bool) -> float:
    """Milliseconds for an answer to /help, in a chat whose language the webhook knows, or has to look up."""
    times = []
    for number in range(COMMANDS * (WARM_UP + rounds)):
        event = payload(
            json.dumps(_help(number, chat_id=1 if known else 10 + number)).encode(),
            {"content-type": "application/json", SECRET_HEADER: bot.secret},
            query="bot=somebody",
        )
        began = perf_counter()
        answer = bot.webhook.invoke(event)
        times.append(1000 * (perf_counter() - began))
        if "sendMessage" not in answer["body"]:
            raise SystemExit(f"The webhook said {answer}.")
    return round(median(times[COMMANDS * WARM_UP :]), 2)


def photos(telegram: Telegram, rounds: int) -> float:
    """Milliseconds from a photo with one face, 1280 pixels wide, until its answer is in the chat."""
    content, times = SCENES["1 face"].draw(), []
    for _ in range(WARM_UP + rounds):
        # Everybody sends one, as Telegram takes no more than an answer a second in a chat.
        person = Person(telegram)
        began = perf_counter()
        answer = person.wait_for_answer(person.send_photo(content), PATIENCE)
        times.append(1000 * (perf_counter() - began))
        if "photo" not in (answer or {}):
            raise SystemExit(f"The photo was answered with {answer}.")
    return round(median(times[WARM_UP:]), 1)


def page(telegram: Telegram, bot: LocalBot, rounds: int) -> Figures | None:
    """Milliseconds until the chat page's first paint, and its bytes; None without chromium."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return None
    with (
        contextlib.closing(Page(telegram, bot, 0)) as served,
        sync_playwright() as playwright,
        contextlib.closing(
            playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        ) as browser,
    ):
        visits = [_visit(browser, served.url) for _ in range(WARM_UP + rounds)][WARM_UP:]
    paints, sizes = zip(*visits, strict=True)
    return {"first_paint": round(median(paints), 1), "bytes": max(sizes)}


def _visit(browser: Browser, url: str) -> tuple[float, int]:
    """First paint, and bytes, of somebody who has never been there."""
    # The page forbids itself what waiting for an expression takes.
    with contextlib.closing(browser.new_context(bypass_csp=True)) as somebody:
        tab = somebody.new_page()
        tab.goto(url)
        tab.wait_for_function(LOADED)
        paint: float = tab.wait_for_function(FIRST_PAINT).json_value()
        return paint, tab.evaluate(BYTES)


def _help(number: int, chat_id: int) -> dict[str, Any]:
    somebody = {"id": chat_id, "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    return {
        "update_id": 1 + number,
        "message": {
            "message_id": 1 + number,
            "date": 1,
            "chat": {"id": chat_id, "type": "private", "first_name": "Somebody"},
            "from": somebody,
            "text": "/help",
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        },
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
