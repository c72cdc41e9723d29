"""How steps, and what ends them early, are told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.chat.errors import TelegramFailure
from emotion_bot.store import StoreError
from infra.deploy.aws import explained
from infra.deploy.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator


def step(title: str) -> None:
    """Say what comes."""
    click.echo()
    click.secho(f"── {title}", bold=True)


def done(what: str) -> None:
    """Say that it is done."""
    click.echo(f"  ✓ {what}")


@contextmanager
def refusals() -> Iterator[None]:
    """What a person can put right is one sentence and exit status 1."""
    try:
        yield
    except (Refusal, StoreError) as error:
        raise click.ClickException(str(error)) from None
    except TelegramFailure as error:
        raise click.ClickException(f"Telegram refuses: {error}.") from None
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(explained(error)) from None
    except (KeyboardInterrupt, click.Abort):
        click.echo()
        raise click.ClickException("Stopped.") from None
