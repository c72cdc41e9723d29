"""SAM CLI, as whoever deploys runs it: deploy and delete, against the emulator of AWS."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.containers.sam import SAM
from infra.rehearsal.changes import changed
from infra.rehearsal.cloud import REGION, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import docker

    from infra.rehearsal.changes import Change, Template
    from infra.rehearsal.cloud import Cloud

NAME: Final = "emotion-bot"
RECOGNIZER: Final = "RecognizerFunction"
_PATIENCE: Final = 300.0
"""Seconds that each command may take; a deployment takes ten."""


class SamFailed(Exception):
    """SAM CLI ended with an error; the message is what it said last."""


class Stack:
    """The stack, in the emulator of AWS.

    Args:
        cloud: where.
        folder: with what `sam build` built.
        log: for all that SAM CLI says.
    """

    def __init__(self, cloud: Cloud, folder: Path, log: Path) -> None:
        self._cloud, self._folder, self._log = cloud, folder, log
        self._template: Template = yaml.safe_load((folder / "template.yaml").read_bytes())
        self.changes: list[tuple[Change, list[str]]] = []
        self.deployed: Template = {}
        self.parameters: dict[str, str] = {}

    def deploy(self, parameters: Mapping[str, str], image: str) -> None:
        """Deploy the template with these parameters, of those that it has, and an image that the engine has.

        Raises:
            SamFailed: the stack is as it was before.
        """
        given = {name: value for name, value in parameters.items() if name in self._template["Parameters"]}
        template, self.changes = changed(self._template, given)
        template["Resources"][RECOGNIZER]["Properties"]["ImageUri"] = image
        file = self._folder / "rehearsal.yaml"
        file.write_text(yaml.safe_dump(template, sort_keys=False), encoding="utf-8")
        self._run(
            "deploy", "--template-file", file, "--stack-name", NAME, "--region", REGION,
            "--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--no-progressbar",
            "--no-confirm-changeset", "--no-fail-on-empty-changeset",
            "--image-repositories", f"{RECOGNIZER}={image.rpartition(':')[0]}",
            "--parameter-overrides", *(f"{name}={value}" for name, value in given.items()),
        )  # fmt: skip
        self.deployed, self.parameters = template, given

    def delete(self) -> None:
        """Delete the stack.

        Raises:
            SamFailed: with what it said.
        """
        self._run("delete", "--stack-name", NAME, "--region", REGION, "--no-prompts")

    def outputs(self) -> dict[str, str]:
        """What the stack says of itself."""
        outputs = self.described().get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def described(self) -> dict[str, Any]:
        """The stack as CloudFormation has it."""
        answer = self._cloud.client("cloudformation").describe_stacks(StackName=NAME)
        found: dict[str, Any] = answer["Stacks"][0]
        return found

    def events(self, identity: str = NAME) -> list[dict[str, Any]]:
        """All that happened to it, the latest first."""
        pages = self._cloud.client("cloudformation").get_paginator("describe_stack_events")
        return [event for page in pages.paginate(StackName=identity) for event in page["StackEvents"]]

    def resources(self) -> dict[str, str]:
        """The physical ids by the template's names."""
        pages = self._cloud.client("cloudformation").get_paginator("list_stack_resources")
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages.paginate(StackName=NAME)
            for each in page["StackResourceSummaries"]
        }

    def _run(self, *arguments: str | Path) -> None:
        _sam(*arguments, environment=self._cloud.environment, log=self._log, patience=_PATIENCE)


def local_image(client: docker.DockerClient, name: str, port: int, *, changes: tuple[str, ...] = ()) -> str:
    """An image of the engine's under a name that SAM CLI takes for one that is pushed already.

    Args:
        client: of the engine.
        name: of the image.
        port: of the emulator of AWS, which is no registry that dockerd would ask.
        changes: lines of a Dockerfile, for another image made of it.
    """
    repository = f"127.0.0.1:{port}/emotion-bot/recognizer"
    if not changes:
        image = client.images.get(name)
        tag = image.id.rpartition(":")[2][:12]
        image.tag(repository, tag)
        return f"{repository}:{tag}"
    container = client.containers.create(name)
    try:
        image = container.commit(repository, "changed", changes="\n".join(changes))
    finally:
        container.remove()
    return f"{repository}:changed"


def _sam(*arguments: str | Path, environment: Mapping[str, str], log: Path, patience: float) -> None:
    with log.open("a", encoding="utf-8") as output:
        start = output.tell()
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                [SAM, *arguments],
                env=dict(environment), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=patience, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise SamFailed(f"sam {arguments[0]} took more than {patience:.0f} s") from None
    if done.returncode:
        with log.open(encoding="utf-8") as said:
            said.seek(start)
            raise SamFailed(why(said.read()))


def why(said: str) -> str:
    """The sentence that tells most of what SAM CLI said before it failed."""
    failed = re.findall(r"^Error: (.+)", said, re.MULTILINE)
    last = [line for line in said.splitlines() if line.strip()] or ["it said nothing"]
    return (failed or last)[-1].strip()[:300]
