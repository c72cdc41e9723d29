"""What every step of a rehearsal finds: the stack, the emulators around it, and the people."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from infra.rehearsal.cloud import ROOT
from playground.telegram import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

    from infra.rehearsal.cloud import Cloud
    from infra.rehearsal.stack import Stack
    from infra.rehearsal.traffic import Traffic
    from playground.telegram import Telegram
    from playground.telegram.emulator import Json
    from soak.crowd import Answers

PHOTOS: Final = ROOT / "playground" / "photos"
PATIENCE: Final = 60.0
"""Seconds for an answer; a cold start takes three."""


class NotShown(Exception):
    """A step did not show what it must; the message is one sentence."""


@dataclass
class Scene:
    """A stack on stage."""

    engine: docker.DockerClient
    cloud: Cloud
    stack: Stack
    telegram: Telegram
    answers: Answers
    image: str
    """Of the recognizer, as the engine knows it."""
    parameters: dict[str, str]
    """Of the stack, as they were last deployed with success."""
    log: Path
    """Of the emulator of AWS."""
    identity: str = ""
    """The stack's id, by which a deleted one can still be asked for."""
    traffic: list[Traffic] = field(default_factory=list)
    """What people sent while the stack was changed."""
    notes: list[str] = field(default_factory=list)
    """What the emulator of AWS did not do, as it showed on the way."""

    @property
    def person(self) -> Person:
        """Somebody who has not written yet."""
        return Person(self.telegram, "Ada")

    def deploy(self, image: str | None = None, **parameters: str) -> float:
        """Deploy with some parameters changed, and keep them if that succeeds: how many seconds it took."""
        began = time.monotonic()
        self.stack.deploy(self.parameters | parameters, image or self.image)
        self.parameters |= parameters
        return time.monotonic() - began

    def answer(self, person: Person, update: Json, patience: float = PATIENCE) -> Json:
        """The bot's answer to an update.

        Raises:
            NotShown: there is none.
        """
        answer = person.wait_for_answer(update, patience)
        if answer is None:
            said = self.telegram.last_error.get("last_error_message")
            raise NotShown(
                f"No answer came within {patience:.0f} s"
                + (f"; the webhook's last error: {said}." if said else "; the stack's log says more.")
            )
        return answer

    def count(self, queue_url: str) -> int:
        """Messages in a queue, hidden ones and all."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        attributes = self.cloud.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(int(attributes["Attributes"].get(name, 0)) for name in names)

    def photo(self, name: str) -> bytes:
        """One of the sample photographs."""
        return (PHOTOS / name).read_bytes()


def until(condition: Callable[[], Any], patience: float, otherwise: str) -> None:
    """Wait for a condition.

    Raises:
        NotShown: it does not become true within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise NotShown(otherwise)
        time.sleep(0.1)


def demand(condition: object, otherwise: str) -> None:
    """Raises: NotShown: a condition does not hold."""
    if not condition:
        raise NotShown(otherwise)
