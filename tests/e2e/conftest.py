"""The playground as a person starts it: a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds for what takes a few on an idle machine."""
BROWSER_PATIENCE = 90_000
"""Milliseconds for what takes a second on an idle machine."""
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"locale": "en", "viewport": {"width": 1280, "height": 820}, "reduced_motion": "reduce"}
STAGED = """
    window.EventSource = class extends EventTarget {
        constructor() {
            super();
            window.stage = this;
            setTimeout(() => this.dispatchEvent(new Event("open")));
        }
        close() {}
    };
"""
"""In place of what the playground tells the page: what a test tells it."""


@pytest.fixture(scope="session")
def command():
    """`python -m playground`, with an environment that tells it nothing."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "AWS_"))
    }
    environment["PYTHONWARNINGS"] = "ignore"

    def popen(*arguments: object, cwd: Path = ROOT, **variables: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "playground", *map(str, arguments)],
            cwd=cwd,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return popen


@pytest.fixture(scope="session")
def finished(command):
    """Run the playground to its end: (exit status, stdout, stderr)."""

    def run(*arguments: object, **options) -> tuple[int, str, str]:
        with command(*arguments, **options) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return process.returncode, out, err

    return run


@pytest.fixture(scope="session")
def running(command):
    """The playground with its page, as a context: the process and the page's address."""

    @contextmanager
    def run(*arguments: object):
        with command("run", "--no-browser", *arguments) as process:
            try:
                line = process.stdout.readline()
                assert " at http://127.0.0.1:" in line, line + process.stderr.read()
                yield process, line.split(" at ")[1].split()[0]
            finally:
                process.kill()
                if not process.stdout.closed:
                    process.communicate()  # for tests/leaks.py to look at

    return run


@pytest.fixture(scope="module")
def browser():
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        reason = "the browser test needs chromium: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=BROWSER_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=CHROMIUM_ARGUMENTS, timeout=BROWSER_PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_url(running):
    """One playground, and so one chat, for all tests of a module."""
    with running("--port", 0) as (_, url):
        yield url


@pytest.fixture
def complaints():
    """What the console says and what is fetched from elsewhere; a test may expect and remove some."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def visit(browser, page_url, complaints):
    """Open the page as somebody, by default in English on a desk; all that went wrong fails the test.

    `staged`: nothing is heard from the playground, `tell` takes its part.
    """
    contexts = []

    def visit(url: str = page_url, *, staged: bool = False, **somebody) -> Page:
        context = browser.new_context(**DESK | somebody)
        context.set_default_timeout(BROWSER_PATIENCE)
        contexts.append(context)
        if staged:
            context.add_init_script(STAGED)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(url) or complaints.append(request.url))
        page.on("response", lambda answer: answer.status < 400 or complaints.append(answer.url))
        page.goto(url)
        expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def tell():
    """Let a staged page hear of an event."""

    def tell(page: Page, event: dict) -> None:
        page.evaluate("data => stage.dispatchEvent(new MessageEvent('message', { data }))", json.dumps(event))

    return tell
