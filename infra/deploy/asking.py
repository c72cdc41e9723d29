"""What the person is asked: the bot's token, unseen, and the template's parameters, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click
from botocore.exceptions import ClientError

from infra.deploy.account import BotAccount, WrongToken
from infra.deploy.questions import NOTHING, Question, broken_rules, questions
from infra.deploy.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

    from infra.deploy.vault import Vault

TRIES: Final = 3
RESERVED_BESIDES: Final = 140
"""Executions: the webhook's 40, and the 100 that AWS keeps for functions that reserve none."""
_WIDTH: Final = 110


@dataclass(frozen=True)
class Token:
    """The bot's token, stored, and what Telegram says of it."""

    account: BotAccount
    bot: str
    """Username."""
    is_new: bool

    def at(self, api_url: str) -> Token:
        """The same at another Bot API server, which is asked whether it knows the token.

        Raises:
            Refusal: it does not, or cannot be reached.
        """
        account = self.account.at(api_url)
        return Token(account, account.name(), is_new=self.is_new)


def token(vault: Vault, parameter: str, api_url: str, *, in_use: bool) -> Token:
    """The token that is stored, or another one, which Telegram is asked about before it is stored.

    Args:
        vault: where it is stored.
        parameter: its name there.
        api_url: the Bot API server.
        in_use: whether a bot is deployed with the one that is stored.

    Raises:
        Refusal: Telegram does not know what was typed in, cannot be reached, or knows it as another bot's.
    """
    stored = vault.get(parameter)
    before = _known(stored, api_url) if stored else None
    if before and click.confirm(f"The token of @{before.bot} is stored already. Keep it?", default=True):
        return before
    if stored and before is None:
        click.echo("The token that is stored is not valid any more; @BotFather shows the one that is.")
    account, bot, value = _typed(api_url)
    if in_use and before and account.id != before.account.id:
        raise Refusal(
            f"This token is @{bot}'s, but @{before.bot} runs in this stack and would fall silent; "
            "deploy the other bot elsewhere (ENV=dev), or remove this one first (make delete)."
        )
    vault.put(parameter, value)
    click.echo(f"  @{bot}: the token is stored as {parameter}, encrypted.")
    return Token(account, bot, is_new=True)


def _known(stored: str, api_url: str) -> Token | None:
    account = BotAccount(stored, api_url)
    try:
        return Token(account, account.name(), is_new=False)
    except WrongToken:
        return None


def _typed(api_url: str) -> tuple[BotAccount, str, str]:
    for attempt in range(1, TRIES + 1):
        value = click.prompt("The bot's token, from @BotFather (it stays unseen)", hide_input=True).strip()
        account = BotAccount(value, api_url)
        try:
            return account, account.name(), value
        except WrongToken as error:
            if attempt == TRIES:
                raise
            click.echo(str(error))
    raise AssertionError


def parameters(
    template: Mapping[str, Any], current: Mapping[str, str], lambdas: LambdaClient
) -> dict[str, str]:
    """The template's parameters, as the person wants them; together they are such as AWS takes.

    Args:
        template: it explains them.
        current: what they are now, or what the environment says.
        lambdas: knows the account's quota.
    """
    answers = dict(current)
    while True:
        group = None
        for question in questions(template):
            if question.group != group:
                group = question.group
                click.echo()
                click.secho(group, bold=True)
            answers[question.name] = _ask(question, answers.get(question.name, question.default))
        faults = [*broken_rules(template, answers), *_beyond_quota(answers, lambdas)]
        if not faults:
            return answers
        click.echo("\n" + "\n".join(faults) + "\nOnce more, please.")


def _ask(question: Question, default: str) -> str:
    if question.fault(default):  # as of an older template
        default = question.default
    click.echo(click.wrap_text(question.description, _WIDTH, "  ", "  "))

    def read(answer: str) -> str:
        value = "" if answer == NOTHING and question.may_be_nothing else answer.strip()
        if fault := question.fault(value):
            raise click.UsageError(f"{question.name} must be {fault}.")
        return value

    hint = f" ({', '.join(question.choices)})" if question.choices else ""
    if question.may_be_nothing and default:
        hint = f" ({NOTHING} for nothing)"
    answer: str = click.prompt(
        f"  {question.name}{hint}", default=default, value_proc=read, show_default=bool(default)
    )
    return answer


def _beyond_quota(answers: Mapping[str, str], lambdas: LambdaClient) -> list[str]:
    if answers.get("ReserveConcurrency") != "true":
        return []
    try:
        quota = lambdas.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    except ClientError:
        return []  # who may not ask hears of it from the deployment
    needed = int(answers["MaximumConcurrency"]) + RESERVED_BESIDES
    if quota >= needed:
        return []
    fault = (
        f"ReserveConcurrency needs a quota of {needed} concurrent executions, and this account has {quota}; "
        "answer false, or have AWS raise it first (Service Quotas, AWS Lambda, Concurrent executions)."
    )
    return [fault]
