"""The playground's command line: `run` the bot with a chat page, or `ask` it about photos."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import sys
import time
import webbrowser
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click
from dotenv import dotenv_values
from pydantic import ValidationError

from emotion_bot.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.local_bot import LocalBot
    from playground.page.server import Page
    from playground.telegram import Telegram

MODELS = Path(__file__).parents[1] / "models"
TELEGRAM = "https://api.telegram.org"
PORTS_TRIED = 50

_store = click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=MODELS,
    help="Folder that holds the bundle.",
    show_default="models",
)
_verbose = click.option("--verbose", is_flag=True, help="Show the functions' logs on stderr.")


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """The Emotion Recognition Bot on this machine: no account, no cloud, no network."""
    if context.invoked_subcommand is None:
        context.invoke(run)


@main.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Of the chat page."
)
@click.option("--no-browser", is_flag=True, help="Do not open the chat page.")
@_store
@_verbose
def run(port: int, no_browser: bool, store: Path, verbose: bool) -> None:
    """A chat with the bot in the browser.

    With TELEGRAM_BOT_TOKEN in the environment or in .env: the real bot in Telegram, by long polling.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    environment = {**dotenv_values(".env"), **os.environ}
    token = environment.get("TELEGRAM_BOT_TOKEN")
    click.echo("Starting …", err=True)
    with _logs(verbose=verbose), _refusals(), contextlib.suppress(KeyboardInterrupt):
        if token:
            _serve_telegram(store, token, environment.get("TELEGRAM_API_URL") or TELEGRAM)
        else:
            _serve_page(store, port, open_browser=not no_browser)
    click.echo("Stopped.", err=True)


@main.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="For annotated photos."
)
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=120.0, show_default=True, help="Seconds per photo."
)
@_store
@_verbose
def ask(photos: tuple[Path, ...], out: Path, timeout: float, store: Path, verbose: bool) -> None:
    """Send PHOTOS to the bot; print each answer as a line of JSON, and save the annotated photos.

    The exit status is 0 only if every photo was answered.
    """
    from playground.local_bot import playground  # noqa: PLC0415 - imports take a second that --help needs not

    answered = 0
    with _refusals():
        with _writing(out):
            out.mkdir(parents=True, exist_ok=True)
        with _logs(verbose=verbose), playground(store) as (telegram, bot):
            for line in _ask(photos, out, timeout, telegram, bot):
                click.echo(json.dumps(line, ensure_ascii=False), file=sys.__stdout__)
                answered += line["reply"] is not None
    if answered < len(photos):
        raise SystemExit(1)


def _ask(
    photos: tuple[Path, ...], out: Path, timeout: float, telegram: Telegram, bot: LocalBot
) -> Iterator[dict[str, str | int | None]]:
    """One line per photo, in their order."""
    from playground.telegram import Person  # noqa: PLC0415

    taken: set[str] = set()
    for photo in photos:
        line: dict[str, str | int | None] = {
            "photo": str(photo),
            "reply": None,
            "annotated": None,
            "faces": None,
            "milliseconds": None,
        }
        try:
            content = photo.read_bytes()
        except OSError as error:
            click.echo(f"{photo} cannot be read: {error.strerror}.", err=True)
            yield line
            continue
        person = Person(telegram)
        start = time.monotonic()
        update = person.send_file(content, photo.name)
        answer = person.wait_for_answer(update, timeout)
        line["milliseconds"] = round((time.monotonic() - start) * 1000)
        if answer is None:
            click.echo(f"{photo} was not answered within {timeout:g} seconds.", err=True)
            yield line
            continue
        if "photo" in answer:
            annotated = _free_path(out, photo.stem, taken)
            with _writing(annotated):
                annotated.write_bytes(telegram.files[answer["photo"][-1]["file_id"]].content)
            line["annotated"] = str(annotated)
        yield line | {"reply": answer.get("caption") or answer.get("text"), "faces": bot.faces(update)}


def _free_path(out: Path, stem: str, taken: set[str]) -> Path:
    """A name that no photo of this run has yet; a disk may hold upper and lower case for the same."""
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return out / f"{name}.annotated.jpg"


def _serve_page(store: Path, port: int, *, open_browser: bool) -> None:
    from playground.local_bot import playground  # noqa: PLC0415

    with playground(store) as (telegram, bot), contextlib.closing(_page(telegram, bot, port)) as page:
        click.echo(f"The bot is at {page.url} (Ctrl-C stops it).", file=sys.__stdout__)
        if open_browser and _has_display():
            webbrowser.open(page.url)
        Event().wait()


def _page(telegram: Telegram, bot: LocalBot, port: int) -> Page:
    """The page at a port, or at the next one that is free."""
    from playground.page.server import Page  # noqa: PLC0415

    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        try:
            page = Page(telegram, bot, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            if candidate != port:
                click.echo(f"Port {port} is taken; using {candidate}.", err=True)
            return page
    raise click.ClickException(f"Port {port} and those after it are taken; choose another with --port.")


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _serve_telegram(store: Path, token: str, api_url: str) -> None:
    from playground.local_bot import LocalBot  # noqa: PLC0415
    from playground.polling import LongPolling, WrongToken  # noqa: PLC0415

    try:
        with contextlib.closing(LongPolling(token.strip(), api_url)) as polling:
            name = polling.connect()
            with contextlib.closing(LocalBot(store, token.strip(), api_url)) as bot:
                click.echo(f"@{name} is answering in Telegram (Ctrl-C stops it).", file=sys.__stdout__)
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, polling.interrupt)
                polling.serve(bot)
    except WrongToken as error:
        raise click.ClickException(str(error)) from None


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What a person can put right is one sentence and exit status 1."""
    try:
        yield
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    except ValidationError as error:
        setting = error.errors()[0]
        name = "_".join(map(str, setting["loc"])).upper()
        raise click.ClickException(f"{name} in the environment: {setting['msg']}.") from None


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """What is in the way of a file that the person asked for is one sentence, too."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None


@contextlib.contextmanager
def _logs(*, verbose: bool) -> Iterator[None]:
    """Whatever the functions log or print goes to stderr or nowhere: stdout holds the answers."""
    from emotion_bot.telemetry import logger  # noqa: PLC0415

    with contextlib.ExitStack() as parts:
        stream = sys.stderr if verbose else parts.enter_context(Path(os.devnull).open("w"))
        handler = logger.registered_handler
        before = handler.setStream(stream)  # type: ignore[attr-defined]
        parts.callback(handler.setStream, before)  # type: ignore[attr-defined]
        parts.enter_context(contextlib.redirect_stdout(stream))
        yield
