"""Function URL event in; a command is answered in the response, a photo is queued for the recognizer."""

from __future__ import annotations

import base64
import hmac
import json
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import boto3
from aws_lambda_powertools.utilities.parameters import get_parameter
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.chat.constants import SECRET_HEADER
from emotion_bot.chat.replies import reply
from emotion_bot.chat.updates import MalformedUpdate, PhotoRequest, parse
from emotion_bot.settings import in_lambda, webhook_settings
from emotion_bot.telemetry import Counters, logger, tracer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

    from emotion_bot.jobs import PhotoJob

MAX_BODY: Final = 1 << 20
"""Characters; Telegram's longest updates hold some ten thousand characters of text and their entities."""
SECRET_MAX_AGE: Final = 300
"""Seconds after which a rotated secret is noticed."""

Response = dict[str, Any]

metrics = Counters()


@lru_cache
def sqs() -> SQSClient:
    """Made once; gives up long before the 60 s after which Telegram does."""
    return boto3.client(
        "sqs", config=Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2})
    )


def _secret() -> str:
    return get_parameter(webhook_settings().webhook_secret_parameter, decrypt=True, max_age=SECRET_MAX_AGE)


if in_lambda():
    # INIT has a whole vCPU, an invocation a third of one: clients and the first connection belong here.
    sqs()
    with suppress(GetParameterError):  # the first update will find and report it
        _secret()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Answer one update, as a Function URL event (payload format 2.0) brings it.

    Returns:
        200 once the update is dealt with, with a Bot API call as its body where there is something to say;
        403 for a wrong secret; 503, upon which Telegram tries again, where a part that is needed fails.
    """
    try:
        secret = _secret()
    except GetParameterError:
        logger.error("the webhook's secret cannot be read")
        metrics.count("SecretUnavailable")
        return _response(HTTPStatus.SERVICE_UNAVAILABLE)
    if not hmac.compare_digest(_header(event, SECRET_HEADER).encode(), secret.encode()):
        metrics.count("WrongSecret")
        return _response(HTTPStatus.FORBIDDEN)

    try:
        request = parse(_body(event), bot_name=_bot_name(event))
    except MalformedUpdate as error:
        # Telegram would send it again for 24 hours, and it would be no better then.
        logger.warning("malformed update", reason=str(error))
        metrics.count("MalformedUpdate")
        return _response(HTTPStatus.OK)

    if isinstance(request, PhotoRequest):
        try:
            _queue(request.job, str(webhook_settings().queue_url))
        except (BotoCoreError, ClientError) as error:
            logger.error("photo not queued", update_id=request.job.update_id, reason=type(error).__name__)
            metrics.count("QueueUnavailable")
            return _response(HTTPStatus.SERVICE_UNAVAILABLE)
    metrics.count(type(request).__name__)
    return _response(HTTPStatus.OK, reply(request))


def _header(event: dict[str, Any], name: str) -> str:
    return str((event.get("headers") or {}).get(name, ""))


def _bot_name(event: dict[str, Any]) -> str | None:
    """The registrar puts it into the webhook's address."""
    return next(iter(parse_qs(event.get("rawQueryString", "")).get("bot", [])), None)


def _body(event: dict[str, Any]) -> object:
    body = event.get("body") or ""
    if len(body) > MAX_BODY:
        raise MalformedUpdate("longer than any update")
    try:
        return json.loads(base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body)
    except (RecursionError, ValueError):
        raise MalformedUpdate("not JSON") from None


def _queue(job: PhotoJob, url: str) -> None:
    sqs().send_message(QueueUrl=url, MessageBody=job.model_dump_json())


def _response(status: HTTPStatus, call: dict[str, Any] | None = None) -> Response:
    if call is None:
        return {"statusCode": status.value}
    return {
        "statusCode": status.value,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(call, ensure_ascii=False),
    }
