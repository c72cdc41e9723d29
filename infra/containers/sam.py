"""SAM CLI: the template built here, and its functions invoked in their containers from what was built."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from docker.errors import BuildError, ImageNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import docker

    from infra.containers.world import World

ROOT: Final = Path(__file__).parents[2]
TEMPLATE: Final = ROOT / "infra" / "template.yaml"
BUILDS: Final = ROOT / ".aws-sam" / "containers"
"""Beside `.aws-sam/build`: what stands on a stand-in shall not be deployed by mistake."""
SAM: Final = ROOT / ".venv" / "infra" / "bin" / "sam"
IMAGE: Final = "recognizerfunction"
"""What `sam build` calls the recognizer's, in the template's tag."""
ZIPPED: Final = ("WebhookFunction", "RegistrarFunction")
_STARTING: Final = 120.0
_STOPPING: Final = 30.0


class SamFailed(Exception):
    """SAM CLI did not do what it was asked; the message is what it said last."""


@dataclass(frozen=True)
class Built:
    """What `sam build` made."""

    engine: str
    base: str
    """Name of the base image."""
    folder: Path
    template: Path
    """The built one, with what the functions need to find the world."""

    @property
    def image(self) -> str:
        """The recognizer's."""
        return image(self.engine)


@dataclass(frozen=True)
class Invocation:
    """What came of an event."""

    answer: Any
    log: str


def image(engine: str) -> str:
    """The name of the recognizer's image, which no deployment looks for."""
    return f"emotion-bot-{engine}:local"


def build(client: docker.DockerClient, base: str, engine: str, builds: Path = BUILDS) -> Built:
    """Build the template for an engine, on a base image, into a folder of `builds`.

    Raises:
        SamFailed: see there.
    """
    if not SAM.exists():
        raise SamFailed("SAM CLI is not installed; run: make .venv/.infra")
    folder, tag = builds / engine, f"{IMAGE}:{engine}"
    earlier = _id(client, tag)
    _fill_cache(client, base, engine)
    done = subprocess.run(  # noqa: S603 - made of nothing but ours
        [SAM, "build", "--template", TEMPLATE, "--build-dir", folder, *_parameters(engine, base)],
        env=environment(base),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SamFailed(f"sam build failed: {_last(done.stdout)}")
    client.images.get(tag).tag(*image(engine).split(":"))
    if earlier is None:
        client.images.remove(tag)
    else:  # what somebody is about to deploy
        client.images.get(earlier).tag(*tag.split(":"))
    return Built(engine, base, folder, _for_the_world(folder / "template.yaml", engine))


def invoke(
    built: Built, world: World, function: str, event: Mapping[str, Any], variables: Mapping[str, str]
) -> Invocation:
    """`sam local invoke`: a container of its own for one event.

    Args:
        built: what to run.
        world: where it runs.
        function: its logical id.
        event: what it is given.
        variables: of its environment, beside the template's.

    Raises:
        SamFailed: see there.
    """
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "event.json")
        given.write_text(json.dumps(event))
        done = subprocess.run(  # noqa: S603 - made of nothing but ours
            [
                SAM,
                "local",
                "invoke",
                function,
                "--event",
                given,
                *_local(built, world, variables, Path(folder)),
            ],
            env=environment(built.base),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SamFailed(f"sam local invoke {function} failed: {_last(done.stderr)}")
    return Invocation(json.loads(done.stdout.strip().splitlines()[-1]), done.stderr)


@contextmanager
def lambdas(built: Built, world: World, variables: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """`sam local start-lambda`: where Lambda's API answers meanwhile, containers kept warm, and their log.

    Raises:
        SamFailed: see there.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        options = [*_local(built, world, variables, Path(folder)), "--warm-containers", "LAZY"]
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - made of nothing but ours
                [SAM, "local", "start-lambda", "--port", str(port), *options],
                env=environment(built.base),
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
            try:
                _wait(process, port, log)
                yield f"http://127.0.0.1:{port}", log
            finally:
                process.terminate()
                try:
                    process.wait(_STOPPING)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def environment(base: str) -> dict[str, str]:
    """What SAM CLI finds in its own: no keys, no way to AWS, and our Python for the functions' Makefiles."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "BASE_IMAGE": base,
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
    }


def _local(built: Built, world: World, variables: Mapping[str, str], folder: Path) -> list[str | Path]:
    """The options that `invoke` and `start-lambda` share."""
    file = folder / "variables.json"
    file.write_text(json.dumps({"Parameters": {"AWS_ENDPOINT_URL": world.aws, **variables}}))
    options: list[str | Path] = [
        "--template",
        built.template,
        "--env-vars",
        file,
        "--docker-network",
        world.network,
    ]
    options += ["--skip-pull-image", "--layer-cache-basedir", BUILDS / "layers"]
    options += _parameters(built.engine, built.base)
    for function in ZIPPED:
        options += ["--invoke-image", f"{function}={built.base}"]
    return options


def _parameters(engine: str, base: str) -> tuple[str, ...]:
    return "--parameter-overrides", f"Engine={engine}", f"BaseImage={base}"


def _fill_cache(client: docker.DockerClient, base: str, engine: str) -> None:
    """Build the image with this machine's network, as containers may have none; SAM CLI finds it built."""
    try:
        client.images.build(
            path=str(ROOT),
            dockerfile="functions/recognizer/Dockerfile",
            tag=image(engine),
            buildargs={"BASE_IMAGE": base, "ENGINE": engine},
            network_mode="host",
            forcerm=True,
        )
    except BuildError as error:
        said = "".join(line.get("stream", "") for line in error.build_log)
        raise SamFailed(f"The recognizer's image is not built: {_last(said)}") from error


def _for_the_world(template: Path, engine: str) -> Path:
    """The built template with a name for the image, and one variable more: SAM CLI passes on no others."""
    content = yaml.safe_load(template.read_text(encoding="utf-8"))
    content["Resources"]["RecognizerFunction"]["Properties"]["ImageUri"] = image(engine)
    content["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = ""
    made = template.with_name("local.yaml")
    made.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return made


def _id(client: docker.DockerClient, tag: str) -> str | None:
    try:
        return str(client.images.get(tag).id)
    except ImageNotFound:
        return None


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _STARTING
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SamFailed(f"sam local start-lambda does not start: {_last(log.read_text(errors='replace'))}")


def _last(said: str) -> str:
    return said.strip()[-1000:]


def properties(built: Built, name: str) -> dict[str, Any]:
    """The properties of a function that the engine decides on, as CloudFormation reads them."""
    content = yaml.safe_load(built.template.read_text(encoding="utf-8"))
    sizes = content["Mappings"]["Size"][built.engine]
    written = content["Resources"][name]["Properties"]
    return {
        key: sizes[value["Fn::FindInMap"][-1]]
        for key, value in written.items()
        if isinstance(value, dict) and value.get("Fn::FindInMap", [""])[0] == "Size"
    }
