"""Have a whole stack take the models that its store names: `python -m infra.models take`, or `rollback`.

A recognizer keeps the model that it loaded when it started. A new ModelRevision gives all of them a new life,
by CloudFormation, so that the template's roll-out and alarms guard a model as they guard code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click
from botocore.exceptions import WaiterError

from emotion_bot.store import release
from emotion_bot.store.current import read_current
from emotion_bot.store.stores import connect
from infra import comparison
from infra.deploy.aws import sign_in
from infra.deploy.refusal import Refusal
from infra.deploy.stack import failure, find
from infra.deploy.telling import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient

    from emotion_bot.store.current import Current
    from infra.deploy.stack import Stack

REVISION: Final = "ModelRevision"
ROLLOUT: Final = "Rollout"
AT_ONCE: Final = "AllAtOnce"
_LONGEST: Final = 64
"""Characters of a revision."""
_EVERY, _PATIENCE = 5, 7200
"""Seconds between two looks, and for an update: the slowest roll-out takes half an hour."""


class WentBack(Refusal):
    """CloudFormation undid an update."""


class Models:
    """The models of a stack that is deployed."""

    def __init__(self, cloudformation: CloudFormationClient, stack: str) -> None:
        """Look at the stack.

        Raises:
            Refusal: it is not there, or older than these commands.
        """
        self._cloudformation, self._name = cloudformation, stack
        self._stack = self._found()
        if not {REVISION, ROLLOUT} <= self._stack.parameters.keys():
            raise Refusal(f"{stack} is of an older version of the bot; deploy this one first: make deploy.")
        self.store = self._stack.outputs["ModelStore"]
        """The address of its store."""

    @property
    def rollout(self) -> str:
        """How something new takes over."""
        return self._stack.parameters[ROLLOUT]

    def take(self, *, at_once: bool = False) -> Current:
        """Start every recognizer anew, and wait until that is done.

        Args:
            at_once: whatever the stack's roll-out is, which stays as it is.

        Returns:
            What they look at photos with.

        Raises:
            Refusal: the stack is at work, or went back to what it was.
            StoreError: the store deploys nothing.
        """
        current, _ = read_current(connect(self.store), self.store)
        before = self.rollout
        stamp = f"-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        revision = {REVISION: current.version[: _LONGEST - len(stamp)] + stamp}
        try:
            self._update(revision | ({ROLLOUT: AT_ONCE} if at_once else {}))
        except WentBack as refusal:
            raise WentBack(
                f"{refusal} {self.store} still names version {current.version}, which recognizers that start "
                f"from now on load; if it is to blame: python -m training rollback --store {self.store}"
            ) from None
        if at_once and before != AT_ONCE:
            self._update({ROLLOUT: before})
        return current

    def _found(self) -> Stack:
        stack = find(self._cloudformation, self._name)
        if stack is None or not stack.is_deployed:
            raise Refusal(
                f"There is no stack {self._name} in this region; name yours (--stack), or run: make deploy."
            )
        return stack

    def _update(self, changes: Mapping[str, str]) -> None:
        began = datetime.now(UTC)
        self._stack = self._found()
        if self._stack.status.endswith("_IN_PROGRESS"):
            raise Refusal(
                f"{self._name} is being changed just now ({self._stack.status}); wait for the end of that, "
                f"or break it off (aws cloudformation cancel-update-stack --stack-name {self._name}), "
                "and then run: python -m infra.models take."
            )
        self._cloudformation.update_stack(
            StackName=self._name,
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[
                {"ParameterKey": name, "ParameterValue": changes[name]}
                if name in changes
                else {"ParameterKey": name, "UsePreviousValue": True}
                for name in self._stack.parameters
            ],
        )
        done = self._cloudformation.get_waiter("stack_update_complete")
        try:
            done.wait(
                StackName=self._name,
                WaiterConfig={"Delay": _EVERY, "MaxAttempts": _PATIENCE // _EVERY},
            )
        except WaiterError:
            why = failure(self._cloudformation, self._name, began) or "CloudFormation does not say why"
            raise WentBack(
                f"{self._name} went back to what it was, and its recognizers keep the model they have: {why}."
            ) from None
        self._stack = self._found()


_stack = click.option("--stack", default="emotion-bot", show_default=True, help="The stack's name.")


@click.group()
def main() -> None:
    """What all recognizers of a stack look at photos with. docs/models.md tells the whole story."""


@main.command()
@_stack
@click.option("--at-once", is_flag=True, help="All of them now, whatever the stack's Rollout is.")
def take(stack: str, at_once: bool) -> None:
    """Have every recognizer take the models that the stack's store names.

    Those that start anew take them by themselves; this starts all anew. By the stack's roll-out, so a tenth
    first, and where an alarm goes off meanwhile, none.
    """
    with refusals():
        _take(_models(stack), at_once=at_once)


@main.command()
@_stack
def rollback(stack: str) -> None:
    """Go back, everywhere and at once, to the model that was deployed before.

    The store steps back to what the last promotion replaced, a trial ends, and every recognizer starts anew.
    """
    with refusals():
        models = _models(stack)
        current = release.rollback(models.store)
        click.echo(f"Version {current.version} is deployed in {models.store} again.")
        _take(models, at_once=True)


@main.command()
@_stack
@click.option(
    "--hours", type=click.IntRange(1, 14 * 24), default=24, show_default=True, help="How far to look back."
)
def compare(stack: str, hours: int) -> None:
    """Lay side by side what each model made of the photos that it looked at.

    How many photos, how many faces on each, how many of these are hard to tell, and how long a photo took:
    for the model that is deployed and the one on trial, or for the one before and the one after.
    """
    with refusals():
        seen = comparison.compare(_cloudwatch(), stack, hours)
        if not seen:
            raise Refusal(
                f"No photo was looked at in {stack} within {hours} hours; look further back: --hours."
            )
        width = max(len(each.model) for each in seen)
        click.echo(f"{'':{width}}  {comparison.HEADER}")
        for each in seen:
            click.echo(f"{each.model:{width}}  {each}")


def _models(stack: str) -> Models:
    return Models(sign_in().session.client("cloudformation"), stack)


def _cloudwatch() -> CloudWatchClient:
    return sign_in().session.client("cloudwatch")


def _take(models: Models, *, at_once: bool) -> None:
    click.echo(
        f"Every recognizer starts anew ({AT_ONCE if at_once else models.rollout}); this takes minutes ..."
    )
    current = models.take(at_once=at_once)
    also = f", and {current.trial.version} at {current.trial.share} % of them" if current.trial else ""
    click.echo(f"All look at photos with version {current.version} now{also}.")


if __name__ == "__main__":
    main(prog_name="python -m infra.models")
