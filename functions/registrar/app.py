"""CloudFormation custom resource in; Telegram knows the webhook and the commands, or no longer, on delete.

CloudFormation waits for an answer, so every path ends in one. Giving it needs the standard library alone:
where the layer does not even load, that is told, too.
"""

from __future__ import annotations

import json
import logging
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

RESERVE: Final = 10.0
"""Seconds kept back to tell CloudFormation that the time was too short."""
ATTEMPTS: Final = 3
"""How often the answer is offered to CloudFormation."""
ANSWER_TIMEOUT: Final = 3.0
"""Seconds that each of them may take; together less than RESERVE."""
UNKNOWN: Final = "telegram-webhook"
"""What the resource is called where nobody knows how far its creation came: deleting it will look."""
NEVER_REGISTERED: Final = "telegram-webhook-never-registered"
"""What it is called where Telegram cannot have heard of it: deleting it is done, whatever goes wrong."""


class AnswerNotTaken(RuntimeError):
    """CloudFormation did not take the answer; without its address, which is signed."""


class Answer(NamedTuple):
    """What CloudFormation is told; as emotion_bot.registrar.Outcome, which may not have loaded."""

    is_done: bool
    reason: str
    physical_id: str


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Create, update or delete the registration, and answer at the event's ResponseURL whatever happens."""
    answers: SimpleQueue[Answer] = SimpleQueue()
    # In a thread that is left behind where it hangs, in whatever call that may be.
    Thread(target=lambda: answers.put(_work(event, context)), daemon=True).start()
    seconds = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE)
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        answer = _failed(event, f"It was not done within {seconds:.0f} s; try again.")
    _tell(event, answer)


def _work(event: dict[str, Any], context: LambdaContext) -> Answer:
    name = NEVER_REGISTERED
    try:
        from emotion_bot.registrar import perform  # noqa: PLC0415 - here, where a failure is answered

        name = UNKNOWN
        return Answer(*perform(event, context))
    except Exception as error:  # whatever it is, CloudFormation must hear of it
        logging.getLogger(__name__).exception("registration failed")
        return _failed(event, f"{type(error).__name__}; the function's log says more.", name)


def _failed(event: dict[str, Any], reason: str, name: str = UNKNOWN) -> Answer:
    name = event.get("PhysicalResourceId", name)
    never_was = event["RequestType"] == "Delete" and name == NEVER_REGISTERED
    return Answer(is_done=never_was, reason=reason, physical_id=name)


def _tell(event: dict[str, Any], answer: Answer) -> None:
    """See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html"""
    body = {
        "Status": "SUCCESS" if answer.is_done else "FAILED",
        "Reason": answer.reason,
        "PhysicalResourceId": answer.physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # Without a content type: the address is signed so.
    headers = {"Content-Type": ""}
    request = Request(event["ResponseURL"], json.dumps(body).encode(), headers, method="PUT")  # noqa: S310
    for _ in range(ATTEMPTS):
        try:
            urlopen(request, timeout=ANSWER_TIMEOUT).close()  # noqa: S310 - the address is CloudFormation's
        except (OSError, HTTPException) as error:
            reason = type(error).__name__
            logging.getLogger(__name__).warning("CloudFormation does not take the answer: %s", reason)
        else:
            return
    # Lambda invokes the function again.
    raise AnswerNotTaken
