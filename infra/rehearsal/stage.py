"""Sets the stage for a rehearsal, from the base image to the last secret, and clears it whatever happens."""

from __future__ import annotations

import secrets
import socket
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docker.errors import DockerException

from infra.containers.engine import engine
from infra.containers.sam import build
from infra.containers.standin import AWS_IMAGE, base_image
from infra.rehearsal.cloud import ROOT, cloud
from infra.rehearsal.doors import HOST, street
from infra.rehearsal.scene import Scene
from infra.rehearsal.stack import Stack, local_image
from infra.rehearsal.telegram import NAME, TOKEN, telegram
from soak.crowd import Answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker

TOKEN_PARAMETER: Final = "/rehearsal/bot-token"  # noqa: S105 - a name, not a secret
SECRET_PARAMETER: Final = "/rehearsal/webhook-secret"  # noqa: S105 - a name, not a secret
LOGS: Final = ROOT / ".aws-sam"
PREFIX: Final = "emotion-bot-rehearsal"
"""Of the name by which the emulator finds the base image of functions that are zips."""


@contextmanager
def stage(say: Callable[[str], None]) -> Iterator[Scene]:
    """Everything that a rehearsal needs, and a stack that is built but not deployed.

    Args:
        say: tells a person what goes on.
    """
    with ExitStack() as parts:
        client = parts.enter_context(engine())
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        LOGS.mkdir(exist_ok=True)
        sam_log, cloud_log = LOGS / "rehearsal.log", LOGS / "ministack.log"
        sam_log.write_text("", encoding="utf-8")
        port = _free_port()
        parts.callback(_remove_images, client, port)
        say("base image …")
        base = base_image(client)
        say(f"sam build, upon {base} …")
        built = build(client, base, "litert", LOGS / "rehearsal")
        image = local_image(client, built.image, port)
        client.images.get(base).tag(f"{PREFIX}/{AWS_IMAGE.partition(':')[0]}", AWS_IMAGE.partition(":")[2])
        say("network, Telegram, AWS …")
        road = parts.enter_context(street(client))
        people, telegram_port = parts.enter_context(telegram(port))
        parts.enter_context(road.door(telegram_port))
        parts.enter_context(road.door(port))
        hosts = " ".join(f"--add-host {name}:{road.gateway}" for name in (NAME, "host.docker.internal"))
        settings = {"AUTH": "true", "MINISTACK_IMAGE_PREFIX": PREFIX, "LAMBDA_DOCKER_FLAGS": hosts}
        aws = parts.enter_context(cloud(port, road.name, folder, cloud_log, settings))
        answers = Answers()
        people.observers.append(answers)
        for name, value in ((TOKEN_PARAMETER, TOKEN), (SECRET_PARAMETER, secrets.token_urlsafe(32))):
            aws.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString")
        parameters = {
            "BaseImage": base,
            "BotTokenParameter": TOKEN_PARAMETER,
            "WebhookSecretParameter": SECRET_PARAMETER,
            "TelegramApiUrl": f"http://{NAME}:{telegram_port}",
            "MaximumConcurrency": "2",
            "Rollout": "AllAtOnce",
            "MonthlyBudget": "0",
        }
        stack = Stack(aws, built.folder, sam_log)
        yield Scene(client, aws, stack, people, answers, image, parameters, cloud_log)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _remove_images(client: docker.DockerClient, port: int) -> None:
    """Take away the names that were given; the layers stay, so that the next rehearsal is quick."""
    tags = [f"{PREFIX}/{AWS_IMAGE}"]
    repository = f"{HOST}:{port}/emotion-bot/recognizer"
    tags += [
        tag for image in client.images.list(repository) for tag in image.tags if tag.startswith(repository)
    ]
    for tag in tags:
        try:
            client.images.remove(tag, noprune=True)
        except DockerException:  # there is none: it was not reached
            continue
