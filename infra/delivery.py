"""A deployment by a machine, which nobody watches, and the way back from it: `python -m infra.delivery`.

What `infra/delivery.yaml` made, it uses: CloudFormation's role, the roles' boundary, bucket and registry.
Before each deployment it keeps what is deployed, template and parameters, in that bucket; code and images lie
there anyway. So to go back is to deploy what was kept: nothing is built again.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from emotion_bot.store import BundleNotFound
from emotion_bot.store.overview import overview
from infra.deploy import aws, environment, models, sam
from infra.deploy.refusal import Refusal
from infra.deploy.stack import Stack, find, refuse_if_busy
from infra.deploy.telling import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.deploy.aws import Account
    from infra.deploy.environment import Environment

BUILT: Final = ".aws-sam/build/template.yaml"
SUFFIX: Final = "-delivery"
"""What the stack of infra/delivery.yaml is called, after the bot's."""
REVISIONS: Final = ("ModelRevision", "RegistrationRevision")
"""Words that somebody changed to have something done anew; they belong to no release."""
AT_ONCE: Final = {"Rollout": "AllAtOnce"}
"""What is known to be good takes over at once; the next deployment sets the environment's own roll-out."""


@dataclass(frozen=True)
class Release:
    """What CloudFormation was told: a template whose code and images are uploaded, and its parameters."""

    template: str
    parameters: dict[str, str]

    def in_place_of(self, other: Release) -> Release:
        """This one as it goes back: at once, and with the other's revisions."""
        revisions = {name: value for name, value in other.parameters.items() if name in REVISIONS}
        own = self.parameters | {
            name: value for name, value in (AT_ONCE | revisions).items() if name in self.parameters
        }
        return Release(self.template, own)


class Delivery:
    """One environment, deployed through what was made for that."""

    def __init__(self, account: Account, to: Environment, run: Callable[..., None] = sam.sam) -> None:
        self.to, self._region, self._run = to, account.region, run
        self._cloudformation = account.session.client("cloudformation", config=aws.PATIENCE)
        self._s3 = account.session.client("s3", config=aws.PATIENCE)
        made = find(self._cloudformation, to.stack + SUFFIX)
        if made is None:
            raise Refusal(f"There is no stack {to.stack}{SUFFIX}; make it as docs/delivery.md says.")
        self._made = made.outputs

    def deploy(self, template: str) -> str | None:
        """Deploy what was built: the name of what was there before, if anything was.

        Raises:
            Refusal: it cannot begin.
            SamFailed: it failed, and CloudFormation has gone back by itself.
        """
        before = self._keep()
        self._sam(template, self.to.overrides | {"PermissionsBoundary": self._made["PermissionsBoundary"]})
        return before

    def back(self, name: str | None) -> str:
        """Deploy what was kept under a name, or the latest that differs from what is deployed: its name.

        Raises:
            Refusal: there is none.
            SamFailed: it failed, and CloudFormation has gone on with what is there.
        """
        stack = self._deployed()
        if stack is None:
            raise Refusal(f"{self.to.stack} is not deployed, so there is nothing to go back from.")
        now = self._release(stack)
        for each in self.kept() if name is None else [name]:
            release = self._read(each).in_place_of(now)
            if name is not None or release != now.in_place_of(now):
                break
        else:
            raise Refusal(f"Nothing was kept that differs from what is deployed to {self.to.stack}.")
        with tempfile.TemporaryDirectory() as folder:
            template = Path(folder, "template.yaml")
            template.write_text(release.template, "utf-8")
            self._sam(str(template), release.parameters)
        return each

    def kept(self) -> list[str]:
        """What one can go back to, the latest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return sorted((key.removeprefix(self._prefix).removesuffix(".json") for key in keys), reverse=True)

    def store(self) -> str:
        """Where the stack's models lie.

        Raises:
            Refusal: it is not deployed.
        """
        if (stack := self._deployed()) is None:
            raise Refusal(f"{self.to.stack} is not deployed, so it has no bucket for models.")
        return stack.outputs["ModelStore"]

    @property
    def _bucket(self) -> str:
        return self._made["ArtefactBucket"]

    @property
    def _prefix(self) -> str:
        return f"kept/{self.to.stack}/"

    def _deployed(self) -> Stack | None:
        stack = find(self._cloudformation, self.to.stack)
        refuse_if_busy(stack, self.to)
        return stack if stack and stack.is_deployed else None

    def _release(self, stack: Stack) -> Release:
        found = self._cloudformation.get_template(StackName=stack.name, TemplateStage="Original")
        template: str | dict[str, Any] = found["TemplateBody"]  # botocore reads JSON by itself
        return Release(template if isinstance(template, str) else json.dumps(template), stack.parameters)

    def _keep(self) -> str | None:
        if (stack := self._deployed()) is None:
            return None
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
        body = json.dumps(asdict(self._release(stack))).encode()
        self._s3.put_object(Bucket=self._bucket, Key=f"{self._prefix}{name}.json", Body=body)
        return name

    def _read(self, name: str) -> Release:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}.json")
        except self._s3.exceptions.NoSuchKey:
            raise Refusal(
                f"Nothing was kept under {name}; see what was: "
                f"python -m infra.delivery kept --env {self.to.name}"
            ) from None
        return Release(**json.loads(found["Body"].read()))

    def _sam(self, template: str, parameters: dict[str, str]) -> None:
        told = {
            "template_file": str(Path(template).absolute()),
            "stack_name": self.to.stack,
            "s3_bucket": self._bucket,
            "s3_prefix": self.to.stack,
            "image_repository": self._made["ImageRepository"],
            "role_arn": self._made["ExecutorRole"],
            "capabilities": "CAPABILITY_IAM",
            "parameter_overrides": parameters,
            "tags": _tags(self.to),
            "confirm_changeset": False,
            "fail_on_empty_changeset": False,
            "no_progressbar": True,
        }
        with tempfile.TemporaryDirectory() as folder:
            # Not the environment's own configuration, which has SAM CLI make bucket and registry.
            config = Path(folder, "samconfig.yaml")
            config.write_text(
                json.dumps({"version": 0.1, "default": {"deploy": {"parameters": told}}}), "utf-8"
            )
            self._run("deploy", "--config-file", str(config), region=self._region)


def _tags(of: Environment) -> list[str]:
    """What the environment's stack is tagged with: told nothing, SAM CLI would take all tags away."""
    deploy = tomllib.loads(of.file.read_text("utf-8"))[of.name].get("deploy", {})
    tags: list[str] = deploy.get("parameters", {}).get("tags", [])
    return tags


def unreleased(store: str, ours: str = str(models.MODELS)) -> str | None:
    """The version that this repository deploys, if a store has never had it.

    One that it has had may be deployed there no more because somebody went back from it.
    """
    version = overview(ours)[0].version
    return None if version in _versions(store) else version


def _versions(store: str) -> set[str]:
    try:
        return {each.version for each in overview(store)}
    except BundleNotFound:
        return set()


@contextmanager
def _told() -> Iterator[None]:
    with refusals():
        try:
            yield
        except sam.SamFailed as failure:
            raise Refusal(f"It failed, and the bot that was there goes on: {failure}.") from None


def _delivery(name: str) -> Delivery:
    return Delivery(aws.sign_in(), environment.read(name, environment.CONFIG))


_ENVIRONMENT: Final = click.option("--env", "name", required=True, help="The environment in samconfig.toml.")


@click.group()
def main() -> None:
    """Deploy what was built, or go back to what was there before."""


@main.command()
@_ENVIRONMENT
@click.option("--template", default=BUILT, show_default=True, help="What `sam build` made.")
def deploy(name: str, template: str) -> None:
    """Deploy what was built, keeping what is there; a new stack gets this repository's model, too."""
    with _told():
        delivery = _delivery(name)
        before = delivery.deploy(template)
        if not _versions(where := delivery.store()):
            click.echo(models.upload(where))
    kept = f"what was there is kept: {before}" if before else "it is new"
    click.echo(f"Deployed to {delivery.to.stack}; {kept}.")


@main.command()
@_ENVIRONMENT
@click.option("--to", default="", help="What was kept; else the latest that differs from what is deployed.")
def back(name: str, to: str) -> None:
    """Deploy what was there before, at once and with the parameters that it had."""
    with _told():
        delivery = _delivery(name)
        release = delivery.back(to or None)
    click.echo(f"{delivery.to.stack} is back at what was kept at {release}.")


@main.command()
@_ENVIRONMENT
def kept(name: str) -> None:
    """List what one can go back to, the latest first."""
    with _told():
        for each in _delivery(name).kept():
            click.echo(each)


@main.command()
@_ENVIRONMENT
def store(name: str) -> None:
    """Tell where the stack's models lie, as the commands for models want it: --store."""
    with _told():
        click.echo(_delivery(name).store())


@main.command()
@_ENVIRONMENT
def model(name: str) -> None:
    """Tell which version this repository has released, if the stack has never had it; else nothing."""
    with _told():
        if version := unreleased(_delivery(name).store()):
            click.echo(version)


if __name__ == "__main__":
    main(prog_name="python -m infra.delivery")
