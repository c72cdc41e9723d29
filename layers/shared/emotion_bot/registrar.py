"""What CloudFormation asks of the registrar: the bot is registered with Telegram, or no longer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
from aws_lambda_powertools.utilities.parameters import get_parameter
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.chat.errors import TelegramFailure, TokenRejected
from emotion_bot.chat.registration import UnusableSecret, check, introduce, listen, unregister
from emotion_bot.chat.telegram import Telegram
from emotion_bot.settings import registrar_settings
from emotion_bot.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_cloudformation import CloudFormationClient

REGISTERED: Final = "telegram-webhook"
"""Always the same: were it to change, CloudFormation would delete the old one after the new one is made."""
NEVER_REGISTERED: Final = "telegram-webhook-never-registered"
"""Of a creation that failed before Telegram could know of the webhook."""
RESERVE: Final = 12.0
"""Seconds of the invocation's that are left for the answer; the handler, which cuts this off, keeps fewer."""


class NoParameter(RuntimeError):
    """A parameter of the bot cannot be read."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The parameter {name} cannot be read; create it as a SecureString, then deploy again."
        )


class Outcome(NamedTuple):
    """What CloudFormation is told."""

    is_done: bool
    reason: str
    physical_id: str


@logger.inject_lambda_context
def perform(event: dict[str, Any], context: LambdaContext) -> Outcome:
    """Create, update or delete the registration, as a custom resource's event asks."""
    seconds = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE)
    task = Task(event)
    is_done = False
    try:
        asyncio.run(asyncio.wait_for(task.work(), seconds))
        is_done, reason = True, "done"
    except (NoParameter, UnusableSecret, TokenRejected) as error:
        is_done, reason = task.is_done_without_telegram(), str(error)
    except TelegramFailure as error:
        is_done, reason = task.never_was, str(error)
    except TimeoutError:
        is_done, reason = task.never_was, f"Telegram did not answer within {seconds:.0f} s."
    except Exception as error:  # whatever it is, CloudFormation must hear of it
        logger.exception("registration failed")
        reason = f"{type(error).__name__}; the function's log says more."
    logger.info("registration", request_type=task.kind, is_done=is_done, reason=reason)
    return Outcome(is_done, reason, task.physical_id)


class Task:
    """One of CloudFormation's requests, and how far it came."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.kind = str(event["RequestType"])
        self.physical_id = str(event.get("PhysicalResourceId", NEVER_REGISTERED))
        self._stack = str(event["StackId"])
        self._properties = event["ResourceProperties"]

    @property
    def never_was(self) -> bool:
        """Whether this takes back what never was: to go on is all that matters."""
        return self.kind == "Delete" and self.physical_id == NEVER_REGISTERED

    def is_done_without_telegram(self) -> bool:
        """Whether nothing is left to do where nobody can speak for the bot.

        Deleted, it has nothing to take back. Rolled back, it is as it was: the update failed for the same
        reason, before Telegram was told of its webhook.
        """
        return self.kind == "Delete" or (self.kind == "Update" and self._is_rolled_back())

    async def work(self) -> None:
        """Do it.

        Raises:
            NoParameter: token or secret cannot be read.
            UnusableSecret, TelegramFailure: as `register` and `unregister` do.
        """
        url = self._properties["WebhookUrl"]
        settings = registrar_settings()
        telegram = Telegram(_parameter(settings.bot_token_parameter), str(settings.telegram_api_url))
        try:
            if self.kind == "Delete":
                await unregister(telegram, url)
                return
            secret = check(_parameter(settings.webhook_secret_parameter))
            name = await introduce(telegram)
            if self.kind == "Create":
                self.physical_id = REGISTERED  # from here on Telegram may know of the webhook
            await listen(telegram, url, name, secret)
        finally:
            await telegram.close()

    def _is_rolled_back(self) -> bool:
        """Nothing in the request says so. Where CloudFormation does not, either, it is an update."""
        try:
            (stack,) = cloudformation().describe_stacks(StackName=self._stack)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            logger.warning("the stack's status cannot be read", reason=type(error).__name__)
            return False
        return stack["StackStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS"


def cloudformation() -> CloudFormationClient:
    """Made when it is needed, which is hardly ever."""
    return boto3.client("cloudformation")


def _parameter(name: str) -> str:
    try:
        return get_parameter(name, decrypt=True, force_fetch=True)
    except GetParameterError:
        raise NoParameter(name) from None
