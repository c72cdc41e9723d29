"""The functions' base image: AWS's own where the engine has it or can get it, else one that stands in for it.

The stand-in is Debian 13, which has the Python that Lambda runs, laid out as AWS's image is: runtime client,
runtime interface emulator, entry point, folders and environment. What it cannot tell: whether Amazon Linux
has all the system libraries that the packages load.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docker.errors import DockerException, ImageNotFound

from infra.containers.machine import authorities, pip_settings

if TYPE_CHECKING:
    import docker

AWS_IMAGE: Final = "public.ecr.aws/lambda/python:3.13"
"""As in the template and the Dockerfile."""
STAND_IN: Final = "emotion-bot-base:3.13"
RECIPE: Final = "emotion-bot.recipe"
"""The label that says what an image was made from."""

ROOT: Final = Path(__file__).parents[2]
BASE: Final = Path(__file__).with_name("base")
RUNTIME: Final = ROOT / "benchmarks" / "requirements-runtime.txt"
EMULATOR: Final = "infra/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-"
"""In the virtual environment of aws-sam-cli, which carries it."""
ARCHITECTURES: Final = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
"""Lambda's names of the processors that machines name in several ways."""

_SUITE: Final = "trixie"
_FOLDERS: Final = ("var/task", "var/runtime", "var/lang/bin", "var/lang/lib", "opt", "usr/local/bin")
_LINKS: Final = {
    "python3.13": "python3.13",
    "python3": "python3",
    "python": "python3",
    "pip": "pip3",
    "pip3": "pip3",
}
_WASTE: Final = (
    "usr/share/doc/*",
    "usr/share/man/*",
    "usr/share/locale/*",
    "var/cache/apt/*",
    "var/lib/apt/lists/*",
)
_WASTE_TOO: Final = ("usr/lib/python3*/EXTERNALLY-MANAGED", "var/log/*")
_LOST_WITHOUT_PATH: Final = "libexpat.so.1*"
"""As AWS's, this Python starts only where LD_LIBRARY_PATH says where its libraries are."""
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "TZ": ":/etc/localtime",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
    "/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
}
"""Of AWS's image, which has en_US.UTF-8, a language that Debian would have to install."""


class StandInFailed(Exception):
    """There is no base image, nor can one be made; the message says what to do."""


def base_image(client: docker.DockerClient) -> str:
    """The name of AWS's image if the engine has it, else that of the stand-in, made where it is missing.

    Raises:
        StandInFailed: see there.
    """
    if _label(client, AWS_IMAGE) is not None:
        return AWS_IMAGE
    recipe = digest()
    if _label(client, STAND_IN) == recipe:
        return STAND_IN
    if _can_be_pulled(client):
        return AWS_IMAGE
    _build(client, recipe)
    return STAND_IN


def emulator() -> Path:
    """The runtime interface emulator for this machine's processor.

    Raises:
        StandInFailed: aws-sam-cli is not installed.
    """
    name = EMULATOR + ARCHITECTURES.get(platform.machine(), "")
    found = next(iter(sorted((ROOT / ".venv").glob(name))), None)
    if found is None:
        raise StandInFailed("There is no runtime interface emulator; run: make .venv/.infra")
    return found


def digest() -> str:
    """Of all that the stand-in is made from, but Debian's own packages."""
    sources = [Path(__file__), *sorted(BASE.iterdir()), RUNTIME, emulator(), *filter(None, [authorities()])]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sources]
    return hashlib.sha256("\n".join([*digests, pip_settings()]).encode()).hexdigest()


def _label(client: docker.DockerClient, name: str) -> str | None:
    """What an image was made from, "" where it does not say; None where there is no such image."""
    try:
        return str((client.images.get(name).labels or {}).get(RECIPE, ""))
    except ImageNotFound:
        return None


def _can_be_pulled(client: docker.DockerClient) -> bool:
    try:
        client.images.pull(AWS_IMAGE)
    except DockerException:
        return False
    return True


def _build(client: docker.DockerClient, recipe: str) -> None:
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise StandInFailed(
            f"The base image cannot be had: let the engine pull {AWS_IMAGE}, or, as root with debootstrap "
            "installed (Debian, Ubuntu: apt-get install debootstrap), a stand-in is made."
        )
    print("Making a stand-in for Lambda's base image, once; it takes a minute or two …", file=sys.stderr)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        _bootstrap(root)
        _lay_out(root)
        archive = Path(folder, "root.tar")
        with tarfile.open(archive, "w") as tar:
            tar.add(root, ".")
        changes = [f"ENV {name}={value}" for name, value in _ENVIRONMENT.items()]
        changes += ["WORKDIR /var/task", 'ENTRYPOINT ["/lambda-entrypoint.sh"]', f"LABEL {RECIPE}={recipe}"]
        repository, _, tag = STAND_IN.partition(":")
        try:
            client.api.import_image(src=str(archive), repository=repository, tag=tag, changes=changes)
            client.images.get(STAND_IN)
        except DockerException as error:
            raise StandInFailed(f"The engine does not take the base image: {error}") from error


def _bootstrap(root: Path) -> None:
    packages = "python3,python3-pip,ca-certificates"
    _run("debootstrap", "--variant=minbase", f"--include={packages}", _SUITE, root, *_mirror())


def _mirror() -> list[str]:
    """Where this machine gets Debian from; elsewhere debootstrap knows itself."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.split()[:1]


def _lay_out(root: Path) -> None:
    """Make of a Debian what AWS's image is."""
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, target in _LINKS.items():
        (root / "var/lang/bin" / name).symlink_to(f"/usr/bin/{target}")
    for library in root.glob(f"usr/lib/*/{_LOST_WITHOUT_PATH}"):
        library.rename(root / "var/lang/lib" / library.name)
    shutil.copy2(emulator(), root / "usr/local/bin/aws-lambda-rie")
    (root / "usr/local/bin/aws-lambda-rie").chmod(0o755)
    shutil.copy2(BASE / "lambda-entrypoint.sh", root)
    for name in ("bootstrap", "bootstrap.py"):
        shutil.copy2(BASE / name, root / "var/runtime")
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *("--no-deps", "--require-hashes", "--requirement", RUNTIME, "--target", root / "var/runtime"),
        *("--only-binary=:all:", "--implementation=cp", "--python-version=3.13"),
        *(
            f"--platform={name}_{platform.machine()}"
            for name in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
        ),
    )
    if (bundle := authorities()) is not None:
        shutil.copyfile(bundle, root / "etc/ssl/certs/ca-certificates.crt")
    (root / "etc/pip.conf").write_text(pip_settings())
    for pattern in (*_WASTE, *_WASTE_TOO):
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = done.stdout.strip().rpartition("\n")[2] or "it does not say why"
        raise StandInFailed(
            f"The stand-in for Lambda's base image was not made: {command[0]} failed ({last})."
        )
