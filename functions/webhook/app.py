"""Function URL event in; what is quick is answered in the response, photos are queued for the recognizer."""

from __future__ import annotations

import gc

gc.disable()  # while INIT makes what stays, there is no garbage to find: 15 ms of the import

# ruff: noqa: E402
import base64
import hmac
import json
from contextlib import contextmanager, suppress
from functools import lru_cache
from http import HTTPStatus
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import boto3
from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.chat.buttons import ChoseLanguage, SaidWrong
from emotion_bot.chat.constants import SECRET_HEADER
from emotion_bot.chat.replies import about_to_write, reply
from emotion_bot.chat.requests import AlbumRequest, CommandRequest, Ignored, PhotoRequest, Press
from emotion_bot.chat.updates import MalformedUpdate, parse
from emotion_bot.jobs import AboutJob, FloodJob, Origin
from emotion_bot.records import Albums, Languages, Pace
from emotion_bot.settings import in_lambda, webhook_settings
from emotion_bot.telemetry import Counters, logger, tracer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

    from emotion_bot.chat.requests import Asked
    from emotion_bot.jobs import Job
    from emotion_bot.records import Admission

MAX_BODY: Final = 1 << 20
"""Characters; Telegram's longest updates hold some ten thousand characters of text and their entities."""
GROUPS: Final = 1000
"""Of chats: where one has much in the queue, SQS lets the others go first. It does not encrypt whose turn it
is, so that is no chat's number."""
SECRET_MAX_AGE: Final = 300
"""Seconds after which a secret that was replaced opens nothing any more."""
SECRET_LOOK: Final = 10.0
"""Seconds between two looks at the secret on account of callers who do not know it. One may be Telegram, with
a new one; but strangers must not use up the calls that SSM allows an account, 40 a second."""
ALBUM_WAIT: Final = 2
"""Seconds from an album's first item until it is answered with the items that came by then; Telegram hands
them over one by one, each once the one before is acknowledged, which takes a tenth of a second."""

PATIENCE: Final = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
"""With what is needed: gives up before Lambda's timeout, after which nobody would say 503."""
LITTLE_PATIENCE: Final = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})
"""With the table, which an update asks up to three times: most of that can be done without."""

Response = dict[str, Any]

metrics = Counters()


class PutOff(Exception):
    """A part that is needed fails; Telegram keeps the update and tries again."""

    def __init__(self, metric: str, reason: str) -> None:
        super().__init__(reason)
        self.metric = metric


@lru_cache
def parameters() -> SSMProvider:
    """Made once, of boto3's default session: with one of its own, the cold start takes 45 ms longer."""
    return SSMProvider(boto3_client=boto3.client("ssm", config=PATIENCE))


@lru_cache
def sqs() -> SQSClient:
    """Made once."""
    return boto3.client("sqs", config=PATIENCE)


@lru_cache
def dynamodb() -> DynamoDBClient:
    """Made once."""
    return boto3.client("dynamodb", config=LITTLE_PATIENCE)


@lru_cache
def languages() -> Languages:
    """What chats have chosen; remembers it for a while."""
    return Languages(dynamodb(), webhook_settings().records_table)


class Secret:
    """What Telegram's calls are known by; a new one is taken over as soon as a call comes with it."""

    def __init__(self) -> None:
        self._looked = -inf

    def read(self, *, anew: bool = False) -> bytes:
        """The secret, as SSM has it or had it within SECRET_MAX_AGE.

        Raises:
            GetParameterError: SSM does not say.
        """
        name = webhook_settings().webhook_secret_parameter
        return str(parameters().get(name, decrypt=True, max_age=SECRET_MAX_AGE, force_fetch=anew)).encode()

    def is_known_to(self, caller: str) -> bool:
        """Whether what a caller says is the secret.

        Raises:
            GetParameterError: SSM does not say.
        """
        said = caller.encode(errors="surrogatepass")
        if hmac.compare_digest(said, self.read()):
            return True
        if monotonic() < self._looked + SECRET_LOOK:
            return False
        self._looked = monotonic()
        return hmac.compare_digest(said, self.read(anew=True))


@lru_cache
def secret() -> Secret:
    """Made once: it knows when it was looked at."""
    return Secret()


if in_lambda():
    # INIT has a whole vCPU, an invocation a third of one: clients and the first connections belong here. What
    # fails now, the first update will find and report.
    sqs()
    with suppress(BotoCoreError, ClientError):
        languages().chosen(0)  # nobody's chat: to have asked once
    with suppress(GetParameterError):
        secret().read()
    gc.freeze()  # to look through what stays would cost an update 30 ms now and then
gc.enable()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Response:  # noqa: ARG001 - Lambda's signature
    """Answer one update, as a Function URL event (payload format 2.0) brings it.

    Returns:
        200 once the update is dealt with, with a Bot API call as its body where there is something to say;
        403 for a wrong secret; 503, upon which Telegram tries again, where a part that is needed fails.
    """
    try:
        is_telegram = secret().is_known_to(_header(event, SECRET_HEADER))
    except GetParameterError:
        logger.error("the webhook's secret cannot be read")
        metrics.count("SecretUnavailable")
        return _response(HTTPStatus.SERVICE_UNAVAILABLE)
    if not is_telegram:
        metrics.count("WrongSecret")
        return _response(HTTPStatus.FORBIDDEN)

    try:
        request = parse(_body(event), bot_name=_bot_name(event))
    except MalformedUpdate as error:
        # Telegram would send it again for 24 hours, and it would be no better then.
        logger.warning("malformed update", reason=str(error))
        metrics.count("MalformedUpdate")
        return _response(HTTPStatus.OK)

    if isinstance(request, Ignored):
        metrics.count("Ignored")
        return _response(HTTPStatus.OK)
    try:
        return _response(HTTPStatus.OK, _answer(_in_chosen_language(request)))
    except PutOff as trouble:
        logger.error("update put off", update_id=request.origin.update_id, reason=str(trouble))
        metrics.count(trouble.metric)
        return _response(HTTPStatus.SERVICE_UNAVAILABLE)


def _answer(request: Asked) -> dict[str, Any] | None:
    """Do what a request asks for, unless its chat asks for too much, and say so."""
    match _admission(request):
        case "admitted":
            call, counted = _do(request), type(request).__name__
        case "told":
            # Not in the response: what is sent too fast, as now it may be, Telegram refuses and tells nobody.
            _queue(FloodJob(**request.origin.model_dump(include=set(Origin.model_fields))))
            call, counted = about_to_write(request.origin), "TooMany"
        case "refused":
            call, counted = None, "TooMany"
    metrics.count(counted)
    return call


def _admission(request: Asked) -> Admission:
    """Whether a chat may ask for another job; where that cannot be known, it may."""
    match request:
        case PhotoRequest() | AlbumRequest() | CommandRequest("about"):
            try:
                return Pace(dynamodb(), webhook_settings().records_table).admit(request.origin, request.sent)
            except (BotoCoreError, ClientError) as error:
                logger.warning("a chat's pace cannot be read", reason=type(error).__name__)
                metrics.count("RecordsUnavailable")
    return "admitted"


def _do(request: Asked) -> dict[str, Any] | None:
    match request:
        case PhotoRequest(job):
            _queue(job)
        case AlbumRequest(job, item, alone):
            with _needed("RecordsUnavailable"):
                joined = Albums(dynamodb(), webhook_settings().records_table).join(job, item)
            if joined == "late":
                return _do(alone)
            if joined == "joined":
                return None
            _queue(job, delay=ALBUM_WAIT)
        case CommandRequest("about", origin):
            _queue(AboutJob(**origin.model_dump()))
        case CommandRequest("delete", origin) | Press(_, ChoseLanguage(None), origin):
            with _needed("RecordsUnavailable"):
                languages().forget(origin.chat_id)
        case Press(_, ChoseLanguage(str(language)), origin):
            with _needed("RecordsUnavailable"):
                languages().choose(origin.chat_id, language)
        case Press(_, SaidWrong()):
            metrics.count("SaidWrong")
    return reply(request)


def _in_chosen_language(request: Asked) -> Asked:
    """The request, to be answered in its chat's language; Telegram's, where none is chosen or can be read."""
    if isinstance(request, Press) and isinstance(request.button, ChoseLanguage):
        return request
    try:
        language = languages().chosen(request.origin.chat_id)
    except (BotoCoreError, ClientError) as error:
        logger.warning("a chat's language cannot be read", reason=type(error).__name__)
        metrics.count("RecordsUnavailable")
        return request
    return request.spoken(language) if language else request


def _queue(job: Job, delay: int = 0) -> None:
    with _needed("QueueUnavailable"):
        sqs().send_message(
            QueueUrl=str(webhook_settings().queue_url),
            MessageBody=job.model_dump_json(),
            DelaySeconds=delay,
            MessageGroupId=str(job.chat_id % GROUPS),
        )


@contextmanager
def _needed(metric: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise PutOff(metric, type(error).__name__) from None


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


def _response(status: HTTPStatus, call: dict[str, Any] | None = None) -> Response:
    if call is None:
        return {"statusCode": status.value}
    return {
        "statusCode": status.value,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(call, ensure_ascii=False),
    }
