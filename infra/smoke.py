"""A photo through the deployed webhook, as Telegram would send it: is it answered? `python -m infra.smoke`.

The bot sends a photo into an operator's chat, so that Telegram knows the file. An update that holds it goes
to the address that Telegram has as the bot's webhook, with the webhook's secret. The records table tells when
it is answered. The photo is taken back; the answer stays in the chat.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import click
import httpx
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemNotFoundError

from emotion_bot.chat.constants import SECRET_HEADER
from emotion_bot.chat.errors import TelegramFailure
from emotion_bot.once import ANSWERED, configure
from infra.deploy import aws
from infra.deploy.account import BotAccount
from infra.deploy.diagnosis import why_unanswered
from infra.deploy.environment import ROOT
from infra.deploy.refusal import Refusal
from infra.deploy.stack import find
from infra.deploy.telling import refusals
from infra.deploy.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telegram import Message

    from infra.deploy.stack import Stack

PHOTO: Final = ROOT / "playground" / "photos" / "astronaut.png"
PATIENCE: Final = 90.0
"""Seconds: a cold start, and one attempt that failed, which comes back after ten."""
_PAUSE: Final = 1.0
_WEBHOOK_PATIENCE: Final = 30.0
_COMPLETED: Final = "COMPLETED"


@click.command()
@click.option("--stack", "name", required=True, help="The deployed stack, such as emotion-bot.")
@click.option("--chat", required=True, type=int, help="Id of a chat that the bot is in: an operator's.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=PATIENCE,
    show_default=True,
    help="To wait for the answer.",
)
def main(name: str, chat: int, seconds: float) -> None:
    """Send a photo through a deployed bot; exit status 0 only if it is answered."""
    with refusals():
        took = check(name, chat, seconds)
        click.echo(f"The bot of {name} answered a photo in {took:.1f} s.")


def check(name: str, chat: int, patience: float = PATIENCE) -> float:
    """Seconds that the answer took.

    Raises:
        Refusal: there is none; the message says why.
        TelegramFailure: Telegram refuses, and says why.
    """
    account = aws.sign_in()
    os.environ["AWS_DEFAULT_REGION"] = account.region
    stack = find(account.session.client("cloudformation", config=aws.PATIENCE), name)
    if stack is None:
        raise Refusal(f"There is no stack {name} in {account.region}; check its name and AWS_REGION.")
    vault = Vault(account.session.client("ssm", config=aws.PATIENCE))
    bot = BotAccount(_kept(vault, stack, "BotTokenParameter"), stack.parameters["TelegramApiUrl"])
    secret = _kept(vault, stack, "WebhookSecretParameter")
    address = _address(bot, stack)
    with _sent(bot, chat) as message:
        update, began = update_of(message, bot.name()), time.monotonic()
        _post(address, secret, update)
        if not _is_answered(stack.outputs["RecordsTableName"], update["update_id"], patience):
            reason = why_unanswered(account.session, stack)
            raise Refusal(f"The photo was not answered within {patience:g} s: {reason}.")
        return time.monotonic() - began


def _kept(vault: Vault, stack: Stack, parameter: str) -> str:
    name = stack.parameters[parameter]
    if value := vault.get(name):
        return value
    raise Refusal(f"The parameter {name} of {stack.name} is not there; make it anew: make deploy")


def _address(bot: BotAccount, stack: Stack) -> str:
    """Where Telegram sends the bot's updates to, if that is this stack."""
    address = bot.webhook().url or ""
    if not address.startswith(stack.outputs["WebhookUrl"]):
        raise Refusal(
            f"Telegram does not send @{bot.name()}'s updates to {stack.name}; deploy it again with a new "
            "RegistrationRevision."
        )
    return address


@contextmanager
def _sent(bot: BotAccount, chat: int) -> Iterator[Message]:
    """A photo in a chat, taken back in the end."""
    try:
        message = bot.send_photo(chat, PHOTO.read_bytes(), "Smoke test")
    except TelegramFailure as refusal:
        raise Refusal(
            f"Telegram does not let @{bot.name()} write into the chat {chat} ({refusal}); "
            "open the bot in that chat and send /start."
        ) from None
    try:
        yield message
    finally:
        with suppress(TelegramFailure, Refusal):  # what the test found out matters more
            bot.delete_message(chat, message.message_id)


def update_of(message: Message, bot_name: str) -> dict[str, Any]:
    """The update that Telegram would send, had a person sent this photo, and named the bot as groups ask for.

    Its id is negative, as none of Telegram's is, and of this nanosecond.
    """
    sent, mention = message.to_dict(), f"@{bot_name}"
    return {
        "update_id": -time.time_ns(),
        "message": {
            **{field: sent[field] for field in ("message_id", "date", "chat", "photo")},
            "from": {"id": abs(message.chat_id), "is_bot": False, "first_name": "Smoke test"},
            "caption": mention,
            "caption_entities": [{"type": "mention", "offset": 0, "length": len(mention)}],
        },
    }


def _post(address: str, secret: str, update: dict[str, Any]) -> None:
    try:
        answer = httpx.post(address, json=update, headers={SECRET_HEADER: secret}, timeout=_WEBHOOK_PATIENCE)
    except httpx.HTTPError as error:
        raise Refusal(
            f"The webhook cannot be reached ({type(error).__name__}); check this machine's network."
        ) from None
    match answer.status_code:
        case HTTPStatus.OK:
            return
        case HTTPStatus.FORBIDDEN:
            why = "403: it does not know the secret; deploy again with a new RegistrationRevision"
        case HTTPStatus.TOO_MANY_REQUESTS:
            why = "429: all its executions are taken; look at the account's quota"
        case HTTPStatus.SERVICE_UNAVAILABLE:
            why = "503: secret, queue or table are out of its reach; read the webhook's log"
        case status:
            why = f"{status}: read the webhook's log"
    raise Refusal(f"The webhook refuses the update with {why}.")


def _is_answered(table: str, update_id: int, patience: float) -> bool:
    """Whether the records table says so in time."""
    records, end = DynamoDBPersistenceLayer(table), time.monotonic() + patience
    configure(records, ANSWERED)
    while True:
        with suppress(IdempotencyItemNotFoundError):
            found = records.get_record({"update_id": update_id})
            if found and found.status == _COMPLETED:
                return True
        if time.monotonic() + _PAUSE > end:
            return False
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main(prog_name="python -m infra.smoke")
