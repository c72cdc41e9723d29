"""The command line of the training: the whole of it in one command, or stage by stage."""

from __future__ import annotations

from typing import Any

import click

from emotion_bot.store import StoreError
from training.cli import making, measuring, releasing
from training.data import NotFer2013
from training.runs import TrainingError

BAD_INPUT = 2
"""Exit status when the person has to change something."""
HELP = """FER-2013 in, a released bundle out.

    \b
    python -m training train --csv fer2013.csv --store models

does all of it: fits a network, exports it for both engines, writes a report into the run's folder, publishes
the bundle and deploys it. A training that was cut off goes on when the same command is given again.

The same in stages, each of which reads what the one before left in runs/<recipe>:

    \b
    python -m training prepare --csv fer2013.csv --votes votes.csv
    python -m training fit     --csv fer2013.npz
    python -m training export  --csv fer2013.npz
    python -m training report
    python -m training publish --store s3://bucket/prefix --no-promote

What is deployed, and another version in its place (docs/models.md):

    \b
    python -m training evaluate --csv fer2013.npz --store models
    python -m training photographs FOLDER --store models
    python -m training show     --store models
    python -m training trial    VERSION --share 10 --store models
    python -m training promote  VERSION --store models
    python -m training rollback --store models

fer2013.csv is the file of the contest of 2013, with the columns emotion, pixels and Usage; docs/training.md
says where it is. `python -m training COMMAND --help` explains a command.
"""


class _BadInput(click.ClickException):
    exit_code = BAD_INPUT


class _Cli(click.Group):
    """Turns the errors that a person can mend into one sentence and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        try:
            return super().invoke(ctx)
        except (NotFer2013, StoreError, TrainingError) as error:
            raise _BadInput(str(error)) from error
        except ModuleNotFoundError as error:
            raise _BadInput(f"{error.name} is not installed here; first run: make .venv/.training") from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """In the order of their use."""
        return list(self.commands)


@click.group(cls=_Cli, help=HELP, no_args_is_help=True)
def cli() -> None:
    """See `HELP`."""


for module in (making, measuring, releasing):
    for command in module.COMMANDS:
        cli.add_command(command)
