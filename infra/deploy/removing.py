"""`make delete`: the stack goes, Telegram forgets the webhook, and what stays is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from infra.deploy import aws, questions, sam
from infra.deploy.account import BotAccount, WrongToken
from infra.deploy.refusal import Refusal
from infra.deploy.stack import UNDEPLOYED, Stack, failure, find
from infra.deploy.telling import done, step
from infra.deploy.vault import Vault

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from infra.deploy.aws import Account
    from infra.deploy.environment import Environment

_MODELS: Final = re.compile(r".+-modelbucket-[a-z0-9]+")
"""How CloudFormation names the template's bucket."""
_KEPT: Final = "AWS::S3::Bucket"
_SHOWN: Final = ("AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup")


@dataclass(frozen=True)
class Parts:
    """What belongs to a stack, by type: the names that AWS gave."""

    by_type: dict[str, list[str]]

    @classmethod
    def of(cls, cloudformation: CloudFormationClient, stack: str) -> Parts:
        """Those of a stack that is still there."""
        parts = cls({})
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for each in page["StackResourceSummaries"]:
                name = each.get("PhysicalResourceId", each["LogicalResourceId"])
                parts.by_type.setdefault(each["ResourceType"], []).append(name)
        return parts

    @property
    def log_groups(self) -> set[str]:
        """Its own, and those that Lambda made for versions of the bot that had none of their own."""
        functions = self.by_type.get("AWS::Lambda::Function", [])
        return {*self.by_type.get("AWS::Logs::LogGroup", []), *(f"/aws/lambda/{name}" for name in functions)}


def delete(chosen: Environment) -> None:
    """Take the person through it; a second time, what a first one left.

    Raises:
        Refusal: the message says what is wrong, and what to do.
    """
    account = aws.sign_in(chosen.region)
    cloudformation = account.session.client("cloudformation", config=aws.PATIENCE)
    vault = Vault(account.session.client("ssm", config=aws.PATIENCE))
    stack = find(cloudformation, chosen.stack)
    values = _values(chosen, stack)
    if stack is None:
        click.echo(f"There is no stack {chosen.stack} in {account.region} any more.")
    else:
        bot = _bot(vault, values)  # while its token can still be read
        _remove_stack(account, cloudformation, stack)
        if bot:
            done(_without_webhook(bot, stack.outputs.get("WebhookUrl")))
    _offer_parameters(vault, values["BotTokenParameter"], values["WebhookSecretParameter"])
    _tell_what_stays(account, chosen)


def _values(chosen: Environment, stack: Stack | None) -> dict[str, str]:
    defaults = {name: str(spec.get("Default", "")) for name, spec in questions.load()["Parameters"].items()}
    return defaults | chosen.overrides | (stack.parameters if stack else {})


def _bot(vault: Vault, values: dict[str, str]) -> BotAccount | None:
    token = vault.get(values["BotTokenParameter"])
    return BotAccount(token, values["TelegramApiUrl"]) if token else None


def _remove_stack(account: Account, cloudformation: CloudFormationClient, stack: Stack) -> None:
    if stack.status.endswith("_IN_PROGRESS") and stack.status != UNDEPLOYED:
        raise Refusal(
            f"{stack.name} is being changed ({stack.status}); wait until that is done, then try again."
        )
    parts = Parts.of(cloudformation, stack.name)
    _show(account, stack, parts)
    if click.prompt(f"\nType {stack.name} to remove it", default="", show_default=False) != stack.name:
        raise Refusal("Nothing was removed; the bot goes on answering.")
    began = datetime.now(UTC)
    if stack.status == UNDEPLOYED:
        cloudformation.delete_stack(StackName=stack.name)
    else:
        step("Removing")
        try:
            sam.sam(
                "delete", "--stack-name", stack.name, "--no-prompts", "--region", account.region,
                region=account.region,
            )  # fmt: skip
        except sam.SamFailed as failed:
            why = failure(cloudformation, stack.name, began) or str(failed)
            raise Refusal(f"The stack is not removed: {why}; run make delete again.") from None
        except KeyboardInterrupt:
            click.echo()
            raise Refusal(
                "Stopped watching; what AWS has begun to remove it goes on with: run make delete again, "
                "which sees to the rest."
            ) from None
        if find(cloudformation, stack.name):
            raise Refusal(
                f"The stack {stack.name} is still there; its events say why (AWS console, CloudFormation)."
            )
    done(f"the stack {stack.name} is gone")
    _remove_logs(account, parts.log_groups)


def _show(account: Account, stack: Stack, parts: Parts) -> None:
    step(f"What goes: the stack {stack.name} in {account.region}, account {account.number}")
    for kind in _SHOWN:
        for name in sorted(parts.by_type.get(kind, [])):
            click.echo(f"  {kind.rpartition(':')[2]:<10} {name}")
    others = sum(len(names) for kind, names in parts.by_type.items() if kind not in (*_SHOWN, _KEPT))
    click.echo(f"  and {others} more, the webhook with Telegram, and the images that SAM CLI uploaded")
    click.echo("  Photos that wait in the queue, or were given up, are not answered any more.")
    step("What stays")
    for name in parts.by_type.get(_KEPT, []):
        click.echo(f"  Bucket     {name}, with every version of the models")


def _without_webhook(bot: BotAccount, url: str | None) -> str:
    try:
        registered = bot.webhook().url or ""
    except WrongToken:
        return "the bot's token is not valid any more, and so is its webhook"
    if not registered:
        return "Telegram has forgotten the webhook"
    if url and registered.startswith(url):
        bot.forget_webhook()
        return "Telegram still had the webhook; it is removed now"
    return "the bot is answered from elsewhere, which stays so"


def _remove_logs(account: Account, groups: set[str]) -> None:
    logs = account.session.client("logs", config=aws.PATIENCE)
    for group in sorted(groups):
        found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if any(each["logGroupName"] == group for each in found):
            logs.delete_log_group(logGroupName=group)
            done(f"the log group {group}, which was left, is removed")


def _offer_parameters(vault: Vault, *names: str) -> None:
    there = [name for name in names if vault.get(name) is not None]
    if not there:
        return
    if click.confirm(
        f"\nRemove {' and '.join(there)} (the bot's token, the webhook's secret), too?", default=False
    ):
        vault.remove(*there)
        done("removed")
    else:
        click.echo("  They stay, and the next make deploy takes them.")


def _tell_what_stays(account: Account, chosen: Environment) -> None:
    buckets = account.session.client("s3", config=aws.PATIENCE).list_buckets()["Buckets"]
    prefix = f"{chosen.stack.lower()}-modelbucket-"
    kept = [bucket["Name"] for bucket in buckets if bucket["Name"].startswith(prefix)]
    step("What stays")
    for name in kept:
        click.echo(f"  The bucket {name}, with every version of the models. To remove it:")
        click.echo(f"    .venv/bin/python -m infra.deploy remove-bucket {name}")
    click.echo(
        "  SAM CLI's own bucket (stack aws-sam-cli-managed-default), which all its applications share."
    )


def remove_bucket(name: str) -> None:
    """Remove a bucket of models, unless a stack still has it.

    Raises:
        Refusal: the message says what is wrong, and what to do.
    """
    account = aws.sign_in()
    if not _MODELS.fullmatch(name):
        raise Refusal(f"{name} is no bucket of this bot's models; make delete says what those are called.")
    cloudformation = account.session.client("cloudformation", config=aws.PATIENCE)
    if owner := _owner(cloudformation, name):
        raise Refusal(f"The stack {owner} still has {name}; remove that first: make delete")
    bucket = account.session.resource("s3").Bucket(name)
    versions = sum(1 for _ in bucket.object_versions.all())
    question = f"{name} holds {versions} versions of files, gone for good then. Type its name to remove it"
    if click.prompt(question, default="", show_default=False) != name:
        raise Refusal("Nothing was removed.")
    bucket.object_versions.delete()
    bucket.delete()
    done(f"the bucket {name} is gone")


def _owner(cloudformation: CloudFormationClient, bucket: str) -> str | None:
    """The stack whose models are in a bucket."""
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            for output in stack.get("Outputs", []):
                if output["OutputValue"].startswith(f"s3://{bucket}/"):
                    return stack["StackName"]
    return None
