"""`make deploy`, from the checks to the first photo."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from infra.containers.engine import NoEngine, engine
from infra.deploy import asking, aws, costs, models, sam
from infra.deploy.diagnosis import why_unanswered
from infra.deploy.first_photo import PATIENCE, sentence, wait_for_answer
from infra.deploy.questions import load, overrides
from infra.deploy.refusal import Refusal
from infra.deploy.stack import UNDEPLOYED, Stack, failure, find, refuse_if_busy, withdraw
from infra.deploy.telling import done, step
from infra.deploy.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation import CloudFormationClient

    from infra.deploy.asking import Token
    from infra.deploy.aws import Account
    from infra.deploy.environment import Environment

BUILT_WITH: Final = ("Engine", "Architecture", "BaseImage")
"""Parameters that the image depends on."""


@dataclass
class Deployment:
    """One run of `make deploy`."""

    environment: Environment
    account: Account
    before: Stack | None
    """What is deployed already."""
    template: dict[str, Any] = field(default_factory=load)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def old_bot(self) -> str:
        """What a failure means for those who use the bot."""
        if self.before and self.before.is_deployed:
            return "the old bot goes on answering"
        return "nothing answers from here yet"

    @property
    def current(self) -> dict[str, str]:
        """The parameters as the stack has them, else as the environment says."""
        return self.environment.overrides | (self.before.parameters if self.before else {})

    def value(self, parameter: str) -> str:
        """A parameter that nobody is asked for."""
        return self.current.get(parameter) or str(self.template["Parameters"][parameter]["Default"])

    def build_and_deploy(self, values: dict[str, str]) -> Stack:
        """Through SAM CLI; the build depends on the values, too.

        Raises:
            Refusal: it failed, or the person declined what would be changed.
        """
        arguments = ["--config-file", str(self.environment.file), "--config-env", self.environment.name]
        arguments += ["--parameter-overrides", *overrides(values)]
        step("Build")
        try:
            sam.sam("build", *arguments, region=self.account.region)
            step("Deploy")
            sam.sam("deploy", "--no-fail-on-empty-changeset", *arguments, region=self.account.region)
        except sam.SamFailed as failed:
            why = failure(self._cloudformation, self.environment.stack, self.began) or str(failed)
            raise Refusal(f"The deployment failed: {why}; {self.old_bot}.") from None
        if withdraw(self._cloudformation, self.environment.stack, self.began):
            raise Refusal(f"Nothing was deployed, as you chose; {self.old_bot}.")
        stack = find(self._cloudformation, self.environment.stack)
        if stack is None:
            raise Refusal(f"SAM CLI deployed no stack {self.environment.stack}; read what it says above.")
        return stack

    def interrupted(self) -> str:
        """What Ctrl-C, or an end of the input, leaves behind."""
        if withdraw(self._cloudformation, self.environment.stack, self.began):
            return f"Stopped; nothing was deployed, and {self.old_bot}."
        stack = find(self._cloudformation, self.environment.stack)
        if stack is None or stack.status == UNDEPLOYED or stack == self.before:
            return f"Stopped; nothing was deployed, and {self.old_bot}."
        if stack.status.endswith("_IN_PROGRESS"):
            return (
                f"Stopped watching, but AWS goes on with the deployment by itself; {self.old_bot} until it "
                f"is done. See: aws cloudformation describe-stack-events --stack-name {stack.name}"
            )
        return (
            f"Stopped, but AWS was done with the stack already ({stack.status}); run make "
            f"deploy{self.environment.options} again, which sees to the rest."
        )

    @property
    def _cloudformation(self) -> CloudFormationClient:
        return self.account.session.client("cloudformation", config=aws.PATIENCE)


def deploy(chosen: Environment) -> None:
    """Take the person through it.

    Raises:
        Refusal: the message says what is wrong, and what to do.
    """
    step("Checks")
    sam.find()
    account = aws.sign_in(chosen.region)
    # What others read: SAM CLI, and the store in S3.
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = account.region
    done(f"AWS account {account.number}, region {account.region}")
    with _docker():
        done("Docker engine and SAM CLI")
        before = find(account.session.client("cloudformation", config=aws.PATIENCE), chosen.stack)
        refuse_if_busy(before, chosen)
        run = Deployment(chosen, account, before)
        done(f"stack {chosen.stack}: {'update' if before and before.is_deployed else 'not there yet'}")
        try:
            token, stack = _deploy(run)
        except (KeyboardInterrupt, click.Abort):
            click.echo()
            raise Refusal(run.interrupted()) from None
    _finish(run, token, stack)


@contextmanager
def _docker() -> Iterator[None]:
    with ExitStack() as parts:
        try:
            parts.enter_context(engine())
        except NoEngine as missing:
            raise Refusal(str(missing)) from None
        yield


def _deploy(run: Deployment) -> tuple[Token, Stack]:
    vault = Vault(run.account.session.client("ssm", config=aws.PATIENCE))
    in_use = bool(run.before and run.before.is_deployed)
    step("The bot")
    token = asking.token(vault, run.value("BotTokenParameter"), run.value("TelegramApiUrl"), in_use=in_use)
    registered = token.account.webhook().url or ""
    is_ours = in_use and run.before is not None and registered.startswith(run.before.outputs["WebhookUrl"])
    if registered and not is_ours:
        click.confirm(
            f"@{token.bot} is answered from elsewhere now, which ends with this deployment. Go on?",
            abort=True,
        )
    is_new_secret = vault.make_secret(run.value("WebhookSecretParameter"))
    if is_new_secret:
        click.echo("  The webhook's secret is made and stored; nobody needs to see it.")
    step("The stack: press Enter to keep what stands in brackets")
    lambdas = run.account.session.client("lambda", config=aws.PATIENCE)
    values = asking.parameters(run.template, run.current, lambdas)
    if values["TelegramApiUrl"] != run.value("TelegramApiUrl"):
        token = token.at(values["TelegramApiUrl"])
    if in_use and (token.is_new or is_new_secret or not is_ours):
        values["RegistrationRevision"] = str(int(time.time()))
    return token, run.build_and_deploy(values)


def _finish(run: Deployment, token: Token, stack: Stack) -> None:
    step("Models")
    done(models.upload(stack.outputs["ModelStore"]))
    step("Webhook")
    done(_webhook(run, token, stack))
    _tell_of_answers_that_differ(run.environment, stack, run.template)
    try:
        _try_first_photo(run.account, token.bot, stack)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\n  Skipped.")
    click.echo(f"\n@{token.bot} is deployed: https://t.me/{token.bot}")
    click.echo(costs.sentence(stack.parameters["Engine"], stack.parameters["Architecture"]))


def _webhook(run: Deployment, token: Token, stack: Stack) -> str:
    info = token.account.webhook()
    if not info.url.startswith(stack.outputs["WebhookUrl"]):
        raise Refusal(
            f"The stack is deployed, but Telegram sends @{token.bot}'s updates elsewhere; "
            "run make deploy again, which registers the webhook anew."
        )
    waiting = f"{info.pending_update_count} updates wait" if info.pending_update_count else "no update waits"
    if info.last_error_date and info.last_error_date > run.began:
        waiting += f", but its last call failed ({info.last_error_message}): see the webhook's log"
    return f"Telegram sends @{token.bot}'s updates to the stack; {waiting}."


def _tell_of_answers_that_differ(chosen: Environment, stack: Stack, template: dict[str, Any]) -> None:
    # What `sam deploy` is not told stays as it is; but `sam build` does not know the stack.
    told = {name: str(template["Parameters"][name]["Default"]) for name in BUILT_WITH} | chosen.overrides
    differing = [
        f"{name}={stack.parameters[name]}"
        for name, value in told.items()
        if stack.parameters.get(name, value) != value
    ]
    if differing:
        click.echo(
            f"  {chosen.file.name} says otherwise for {chosen.name}; write {', '.join(differing)} there, "
            "or the next `sam build` and `sam deploy` without questions do otherwise."
        )


def _try_first_photo(account: Account, bot: str, stack: Stack) -> None:
    step("The first photo")
    if not click.confirm(
        f"Send a photo to https://t.me/{bot} now, and see here that it is answered?", default=True
    ):
        return
    click.echo(f"  Waiting, {PATIENCE:.0f} s at most; Ctrl-C skips it ...")
    group = stack.outputs["RecognizerLogGroup"]
    answered = wait_for_answer(account.session.client("logs"), group, time.time(), PATIENCE)
    if answered is None:
        raise Refusal(f"No photo was answered in that time: {why_unanswered(account.session, stack)}.")
    done(sentence(answered))
