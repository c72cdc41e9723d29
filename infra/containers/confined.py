"""The recognizer's image as Lambda runs it: no root, nothing to write to but /tmp, the function's memory."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from infra.containers.sam import properties
from playground.aws import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker
    from docker.models.containers import Container

    from infra.containers.sam import Built
    from infra.containers.stage import Stage

USER: Final = "993:990"
"""sbx_user1051, Lambda's own."""
STARTING: Final = 120.0
"""Seconds until the first answer; a TensorFlow that is read for the first time takes twenty."""
_PORT: Final = "8080/tcp"


class NoAnswer(Exception):
    """The function ended, or said nothing; the message is its log."""


@dataclass(frozen=True)
class Running:
    """A container of the recognizer under its own runtime interface emulator."""

    container: Container

    @property
    def log(self) -> str:
        """What it wrote."""
        return str(self.container.logs().decode(errors="replace"))

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """Have an event answered, as soon as the function can be reached.

        Raises:
            NoAnswer: see there.
        """
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline:
            self.container.reload()
            if self.container.status == "exited":
                break
            if bound := self.container.ports.get(_PORT):
                url = f"http://127.0.0.1:{bound[0]['HostPort']}/2015-03-31/functions/function/invocations"
                try:
                    return httpx.post(url, json=event, timeout=STARTING, trust_env=False).json()
                except httpx.TransportError:
                    pass
            time.sleep(0.02)
        raise NoAnswer(self.log)


@contextmanager
def running(client: docker.DockerClient, built: Built, stage: Stage) -> Iterator[Running]:
    """A new container, which is removed at the end; nothing is asked of it yet."""
    of_engine = properties(built, "RecognizerFunction")
    memory = of_engine["MemorySize"]
    container = client.containers.run(
        built.image,
        detach=True,
        user=USER,
        read_only=True,
        tmpfs={"/tmp": "size=512m,mode=1777"},  # noqa: S108 - Lambda's
        mem_limit=f"{memory}m",
        memswap_limit=f"{memory}m",
        cap_drop=["ALL"],
        network=stage.world.network,
        ports={_PORT: ("127.0.0.1", None)},
        environment=stage.variables
        | {
            "ENGINE": built.engine,
            "AWS_ENDPOINT_URL": stage.world.aws,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(of_engine["Timeout"]),
            "PYDANTIC_DISABLE_PLUGINS": "__all__",
            "POWERTOOLS_SERVICE_NAME": "recognizer",
            "POWERTOOLS_TRACE_DISABLED": "true",
        },
    )
    try:
        yield Running(container)
    finally:
        container.remove(force=True)
