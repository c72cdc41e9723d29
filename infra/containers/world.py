"""The world around the functions: a Docker network with moto's server and the Telegram emulator on it."""

from __future__ import annotations

import io
import secrets
import tarfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
from docker.errors import BuildError, DockerException

from infra.containers.servers import PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker
    from docker.models.containers import Container

ROOT: Final = Path(__file__).parents[2]
IMAGE: Final = "emotion-bot-world"
LABEL: Final = "emotion-bot.world"
"""Of the network and of every container on it that is started here."""
PARTS: Final = ("playground", "layers/shared/emotion_bot", "infra/__init__.py", "infra/containers")
_STARTING: Final = 60.0
_DOCKERFILE: Final = """\
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY playground/requirements.txt /requirements.txt
RUN python3 -m pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore \\
    --no-deps --require-hashes --requirement /requirements.txt --target /packages
COPY . /bot
WORKDIR /bot
ENV PYTHONPATH=/bot:/bot/layers/shared:/packages
ENTRYPOINT ["python3", "-m", "infra.containers.servers"]
"""


class NoWorld(Exception):
    """The network or what lives on it cannot be made; the message says why."""


@dataclass(frozen=True)
class World:
    """Where its servers are: for the functions' containers on the network, for this machine on loopback."""

    network: str
    aws: str
    """Moto's server, for the functions."""
    aws_here: str
    telegram: str
    """The Bot API, for the functions; also where CloudFormation takes answers."""
    telegram_here: str

    def begin(self, token: str, seed: dict[str, Any]) -> None:
        """A new Telegram for a bot.

        Args:
            token: the bot's.
            seed: its `chats`, `messages`, `queries` and, in base 64 by file id, `files`.
        """
        httpx.put(f"{self.telegram_here}/emulated/{token}", json=seed, trust_env=False).raise_for_status()

    def told(self, token: str) -> dict[str, Any]:
        """What a bot's Telegram received: `calls`, and what came of them: `messages`, `alerts`, `webhook`."""
        answer = httpx.get(f"{self.telegram_here}/emulated/{token}", trust_env=False)
        return dict(answer.raise_for_status().json())

    def answered(self, name: str) -> dict[str, Any] | None:
        """What the registrar told CloudFormation at `{telegram}/cloudformation/{name}`."""
        answer: dict[str, Any] | None = httpx.get(
            f"{self.telegram_here}/cloudformation/{name}", trust_env=False
        ).json()
        return answer


@contextmanager
def world(client: docker.DockerClient, base: str) -> Iterator[World]:
    """The network and its two servers; all that is on it is removed at the end.

    Args:
        client: of the engine.
        base: name of the base image.

    Raises:
        NoWorld: see there.
    """
    _build(client, base)
    name = f"emotion-bot-world-{secrets.token_hex(4)}"
    with ExitStack() as parts:
        try:
            network = client.networks.create(name, driver="bridge", labels={LABEL: ""})
            parts.callback(network.remove)
            parts.callback(_empty, client, network.id)
            doors = {
                which: client.containers.run(
                    IMAGE,
                    [which],
                    name=f"{name}-{which}",
                    network=name,
                    detach=True,
                    init=True,
                    labels={LABEL: ""},
                    ports={f"{PORT}/tcp": ("127.0.0.1", None)},
                )
                for which in ("aws", "telegram")
            }
        except DockerException as error:
            raise NoWorld(f"The functions' network cannot be made: {error}") from error
        here = {which: _wait(container) for which, container in doors.items()}
        # Not by name: S3's buckets would come before it, as names that nobody knows.
        inside = {
            which: f"http://{container.attrs['NetworkSettings']['Networks'][name]['IPAddress']}:{PORT}"
            for which, container in doors.items()
        }
        yield World(name, inside["aws"], here["aws"], inside["telegram"], here["telegram"])


def _empty(client: docker.DockerClient, network: str) -> None:
    """Remove every container of the network, the functions' among them where SAM CLI was killed."""
    for container in client.containers.list(all=True, filters={"network": network}):
        container.remove(force=True, v=True)


def _build(client: docker.DockerClient, base: str) -> None:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        dockerfile = tarfile.TarInfo("Dockerfile")
        dockerfile.size = len(_DOCKERFILE)
        tar.addfile(dockerfile, io.BytesIO(_DOCKERFILE.encode()))
        for part in PARTS:
            tar.add(ROOT / part, part, filter=_source)
    context.seek(0)
    try:
        client.images.build(
            fileobj=context,
            custom_context=True,
            tag=IMAGE,
            forcerm=True,
            network_mode="host",
            buildargs={"BASE_IMAGE": base},
        )
    except BuildError as error:
        said = "".join(line.get("stream", "") for line in error.build_log).strip()
        raise NoWorld(f"The image of moto and the Telegram emulator is not built: {said[-500:]}") from error


def _source(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def _wait(container: Container) -> str:
    """Where on loopback a server answers, once it does."""
    deadline = time.monotonic() + _STARTING
    while time.monotonic() < deadline:
        container.reload()
        if container.status == "exited":
            break
        if bound := container.ports.get(f"{PORT}/tcp"):
            url = f"http://127.0.0.1:{bound[0]['HostPort']}"
            try:
                httpx.get(url, trust_env=False)
            except httpx.TransportError:
                pass
            else:
                return url
        time.sleep(0.1)
    last = container.logs(tail=1).decode(errors="replace").strip()
    raise NoWorld(f"{container.name} does not answer ({last[:300]}).")
