"""The command line behind `make deploy` and `make delete`."""

from __future__ import annotations

from pathlib import Path

import click

from infra.deploy import deploying, removing
from infra.deploy.environment import CONFIG, read
from infra.deploy.telling import refusals

_environment = click.option(
    "--env", "name", default="prod", show_default=True, help="One of samconfig.toml's environments."
)
_config = click.option(
    "--config-file",
    "file",
    type=click.Path(path_type=Path, resolve_path=True),
    default=CONFIG,
    show_default="samconfig.toml",
    help="Another file with environments.",
)


@click.group()
def main() -> None:
    """The bot into your AWS account, and out of it again."""


@main.command()
@_environment
@_config
def deploy(name: str, file: Path) -> None:
    """Deploy the bot, or update it, step by step."""
    with refusals():
        deploying.deploy(read(name, file))


@main.command()
@_environment
@_config
def delete(name: str, file: Path) -> None:
    """Remove the bot, and say what stays."""
    with refusals():
        removing.delete(read(name, file))


@main.command()
@click.argument("name")
def remove_bucket(name: str) -> None:
    """Remove a bucket of models that a stack left, with every version in it."""
    with refusals():
        removing.remove_bucket(name)
