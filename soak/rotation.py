"""The webhook's secret and the bot's token are replaced while photos come: none is lost."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx

from emotion_bot.chat.constants import SECRET_HEADER
from playground.aws import REGION, SECRET_PARAMETER, TOKEN_PARAMETER
from playground.runtime.custom_resource import CustomResource
from playground.runtime.function import Function
from playground.telegram.observer import Observer
from soak.crowd import is_right
from soak.result import Figures, Result
from soak.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from playground.telegram.emulator import Json
    from playground.telegram.observer import Attempt
    from soak.crowd import Sent
    from soak.stage import Stage

PATIENCE: Final = 300.0
"""Seconds for all answers."""


class Refusals(Observer):
    """How often the webhook refused an update; Telegram sends it again."""

    def __init__(self) -> None:
        self.by_error: Counter[str] = Counter()

    def delivery_tried(self, update: Json, attempt: Attempt) -> None:  # noqa: ARG002
        """Note a refusal."""
        if attempt.error:
            self.by_error[attempt.error] += 1


def run(
    store: Path, photos: int = 200, seconds: float = 40, gap: float = 3, comes_back: int | None = None
) -> Result:
    """Photos come all the time; after a third of it the secret is replaced, after two thirds the token.

    Args:
        store: a folder laid out as `models/`.
        photos: in all, each from somebody else.
        seconds: that they take to come.
        gap: seconds from the first step of a rotation to the second.
        comes_back: seconds until a failed photo is tried again, instead of the bot's own; the token is read
            again after ten, which four further attempts must outlast.
    """
    with stage(store, 2, comes_back=comes_back) as scene:
        refusals = Refusals()
        scene.telegram.observers.append(refusals)
        old = str(scene.telegram.webhook and scene.telegram.webhook.secret_token)
        sent: list[Sent] = []
        people = scene.people(photos)

        def send() -> None:
            began = monotonic()
            for number, person in enumerate(people):
                time.sleep(max(0.0, began + seconds * number / photos - monotonic()))
                sent.append(scene.crowd.sends(person))

        sender = Thread(target=send, name="sender")
        sender.start()
        time.sleep(seconds / 3)
        url = replace_secret(scene, gap)
        time.sleep(seconds / 3)
        replace_token(scene, url, gap)
        sender.join()
        scene.wait_for_answers(sent, PATIENCE)
        scene.wait_until_done(PATIENCE)
        answers = {each.key: scene.answers.to.get(each.key, []) for each in sent}
        waits = [came[0][0] - each.at for each in sent if (came := answers[each.key])]
        figures: Figures = {
            "photos": len(sent),
            "lost": sum(not came for came in answers.values()),
            "wrong": sum(any(not is_right(each, answer) for _, answer in answers[each.key]) for each in sent),
            "twice": sum(len(came) > 1 for came in answers.values()),
            "refused": dict(refusals.by_error),
            "token_unavailable": int(scene.metrics["TokenUnavailable"]),
            "last": round(max(waits), 1),
            "old_secret": status_of(url, old),
        }
    shown = not (figures["lost"] or figures["wrong"] or figures["twice"]) and figures["old_secret"] == 403
    return Result(shown, figures)


def replace_secret(scene: Stage, gap: float) -> str:
    """First in SSM, then, as the next deployment does, at Telegram. The webhook's address."""
    webhook = scene.telegram.webhook
    if webhook is None:
        raise LookupError("there is no webhook")
    put(SECRET_PARAMETER, secrets.token_urlsafe(32))
    time.sleep(gap)
    url = webhook.url.partition("?")[0]
    register(url)
    return url


def replace_token(scene: Stage, url: str, gap: float) -> None:
    """First at @BotFather: the old one opens nothing any more, the webhook is forgotten. Then in SSM."""
    token = f"{scene.telegram.token.partition(':')[0]}:{secrets.token_urlsafe(26)}"
    with scene.telegram.changed:
        scene.telegram.token, scene.telegram.webhook = token, None
    time.sleep(gap)
    put(TOKEN_PARAMETER, token)
    register(url)


def put(name: str, value: str) -> None:
    """A new value."""
    boto3.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def register(url: str) -> None:
    """What a deployment with another `Revision` does."""
    registrar = Function("registrar", REGION, timeout=60, memory=512)
    CustomResource(registrar, REGION, {"WebhookUrl": url, "Revision": secrets.token_hex(4)}).create()


def status_of(url: str, secret: str) -> int:
    """What the webhook answers to one who knows this secret."""
    update: dict[str, Any] = {"update_id": 1}
    return httpx.post(url, json=update, headers={SECRET_HEADER: secret}, trust_env=False).status_code
