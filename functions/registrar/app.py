"""CloudFormation custom resource in; Telegram knows the webhook and the commands, or no longer, on delete.

CloudFormation waits an hour for an answer that does not come, so every path ends in one.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, Literal

import httpx
from aws_lambda_powertools.utilities.parameters import get_parameter
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from emotion_bot.chat.errors import TelegramFailure, TokenRejected
from emotion_bot.chat.registration import UnusableSecret, register, unregister
from emotion_bot.chat.telegram import Telegram
from emotion_bot.settings import RegistrarSettings, registrar_settings
from emotion_bot.telemetry import logger, tracer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

PHYSICAL_ID: Final = "telegram-webhook"
"""Always the same: were it to change, CloudFormation would delete the old one after the new one is made."""
RESERVE: Final = 10.0
"""Seconds kept back to tell CloudFormation that the time was too short."""
ATTEMPTS: Final = 3
"""How often the answer is offered to CloudFormation."""
ANSWER_TIMEOUT: Final = 3.0
"""Seconds that each of them may take; together less than RESERVE."""

Status = Literal["SUCCESS", "FAILED"]


class AnswerNotTaken(RuntimeError):
    """CloudFormation did not take the answer; without its address, which is signed."""


class NoParameter(RuntimeError):
    """A parameter of the bot cannot be read."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The parameter {name} cannot be read; create it as a SecureString, then deploy again."
        )


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Create, update or delete the registration, and answer at the event's ResponseURL whatever happens."""
    status: Status = "FAILED"
    seconds = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE)
    try:
        asyncio.run(asyncio.wait_for(_work(event), seconds))
        status, reason = "SUCCESS", "done"
    except (NoParameter, TelegramFailure, UnusableSecret) as error:
        reason = str(error)
    except TimeoutError:
        reason = f"Telegram did not answer within {seconds:.0f} s."
    except Exception as error:  # whatever it is, CloudFormation must hear of it
        logger.exception("registration failed")
        reason = f"{type(error).__name__}; the function's log says more."
    logger.info("registration", request_type=event.get("RequestType"), status=status, reason=reason)
    _answer(event, status, reason)


async def _work(event: dict[str, Any]) -> None:
    settings = registrar_settings()
    is_delete = event["RequestType"] == "Delete"
    try:
        telegram = Telegram(_parameter(settings.bot_token_parameter), str(settings.telegram_api_url))
        try:
            if is_delete:
                await unregister(telegram)
            else:
                await _register(event, telegram, settings)
        finally:
            await telegram.close()
    except (NoParameter, TokenRejected) as error:
        if not is_delete:
            raise
        # Without a token there is nothing left to take back, and the stack must still go away.
        logger.warning("nothing to unregister", reason=str(error))


async def _register(event: dict[str, Any], telegram: Telegram, settings: RegistrarSettings) -> None:
    secret = _parameter(settings.webhook_secret_parameter)
    await register(telegram, event["ResourceProperties"]["WebhookUrl"], secret)


def _parameter(name: str) -> str:
    try:
        return get_parameter(name, decrypt=True, force_fetch=True)
    except GetParameterError:
        raise NoParameter(name) from None


def _answer(event: dict[str, Any], status: Status, reason: str) -> None:
    """See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html"""
    body = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId", PHYSICAL_ID),
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    with httpx.Client(transport=transport(), timeout=ANSWER_TIMEOUT) as client:
        for _ in range(ATTEMPTS):
            try:
                # Without a content type: the address is signed so.
                client.put(event["ResponseURL"], content=json.dumps(body).encode()).raise_for_status()
            except httpx.HTTPError as error:
                logger.warning("CloudFormation does not take the answer", reason=type(error).__name__)
            else:
                return
    # Lambda invokes the function again.
    raise AnswerNotTaken


def transport() -> httpx.BaseTransport:
    """The way to CloudFormation."""
    return httpx.HTTPTransport()
