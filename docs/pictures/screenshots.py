"""Takes the README's pictures of the chat page in a real browser: `make screenshots`."""  # noqa: INP001

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DESK: ViewportSize = {"width": 1280, "height": 820}
PHONE: ViewportSize = {"width": 390, "height": 780}
Scheme = Literal["light", "dark"]
PATIENCE = 60_000
"""Milliseconds for what takes a second on an idle machine."""


@contextlib.contextmanager
def chat(browser: Browser, size: ViewportSize, scheme: Scheme) -> Iterator[Page]:
    """A playground that nobody has used yet, and its page."""
    command = [sys.executable, "-m", "playground", "run", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            _, _, told = process.stdout.readline().partition(" at ") if process.stdout else ("", "", "")
            if not told:
                raise click.ClickException("The playground does not start; see above.")
            context = browser.new_context(
                viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en"
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(told.split()[0])
            expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
            yield page
            context.close()
        finally:
            process.terminate()


def send_samples(page: Page, *names: str) -> None:
    """Send sample photos one after the other, and wait until all is there."""
    for count, name in enumerate(names, start=1):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(".message:not(.mine) .inspect")).to_have_count(count)
        expect(page.locator(".face").first).to_be_attached()


def save(page: Page, name: str) -> None:
    """Save what is seen, once every photo is drawn."""
    for image in page.locator("#list img").all():
        expect(image).to_have_js_property("complete", value=True)
    page.mouse.move(0, 0)
    page.locator("#text").blur()
    with Image.open(BytesIO(page.screenshot())) as picture:
        # What no eye tells apart makes a photograph's PNG a quarter larger.
        rounded = picture.convert("RGB").point(lambda value: round(value / 3) * 3)
        rounded.save(HERE / name, optimize=True)
    click.echo(f"{name}: {(HERE / name).stat().st_size // 1024} kB")


@click.command(help=__doc__)
def main() -> None:
    """Save the pictures beside this file."""
    expect.set_options(timeout=PATIENCE)
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        raise click.ClickException(
            "Chromium is missing: apt-get install chromium, or set CHROMIUM to its path."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        pictures: tuple[tuple[Scheme, str], ...] = (("light", "chat.png"), ("dark", "chat-dark.png"))
        for scheme, name in pictures:
            with chat(browser, DESK, scheme) as page:
                send_samples(page, "Send the sample: two people", "Send the sample: portrait")
                save(page, name)
        with chat(browser, PHONE, "light") as page:
            send_samples(page, "Send the sample: astronaut")
            save(page, "chat-phone.png")
        browser.close()


if __name__ == "__main__":
    main()
