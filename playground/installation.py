"""TensorFlow, installed when a person asks for it: `make run` does without its hundreds of megabytes."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

REQUIREMENTS: Final = Path(__file__).parents[1] / "functions" / "recognizer" / "requirements-tensorflow.txt"
"""Pinned and hashed, to the same versions as the playground's own."""
_MODULES: Final = ("tensorflow", "mtcnn")
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)==")
_DOWNLOAD: Final = re.compile(r"Downloading .*?([A-Za-z0-9_.]+)-\d\S* \((.+)\)")


class InstallationFailed(Exception):
    """The message says why, and what to do."""


def is_installed() -> bool:
    """Whether the TensorFlow engine can be loaded."""
    return all(find_spec(name) for name in _MODULES)


def missing(requirements: str) -> str:
    """The requirements that are not installed. What is installed stays as it is: the running bot uses it."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", requirements, flags=re.MULTILINE)
    return "".join(block for block in blocks if (name := _REQUIREMENT.match(block)) and not _has(name[1]))


def install(tell: Callable[[str], None], stop: Event, requirements: Path = REQUIREMENTS) -> None:
    """Install what is missing with pip.

    Args:
        tell: is given a sentence whenever there is progress.
        stop: ends it when set.
        requirements: what to install.

    Raises:
        InstallationFailed: nothing that was there has changed.
    """
    tell("Downloading TensorFlow, about 300 MB …")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(missing(requirements.read_text()))
        command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        command += ["--progress-bar", "off", "--no-deps", "--require-hashes", "-r", str(file)]
        with subprocess.Popen(  # noqa: S603 - nothing in it comes from a request
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as pip:
            error = _follow(pip, tell, stop)
    if pip.returncode:
        raise InstallationFailed(
            f"TensorFlow was not installed: {error.partition('. ')[0].rstrip('.')}. "
            "LiteRT goes on; check the network, then try again."
        )
    importlib.invalidate_caches()


def _follow(pip: subprocess.Popen[str], tell: Callable[[str], None], stop: Event) -> str:
    """Pass on what pip tells of its progress: its last word on what went wrong."""
    error = "pip failed"
    assert pip.stdout is not None  # noqa: S101 - it is a pipe
    for line in pip.stdout:
        if stop.is_set():
            pip.terminate()
        if download := _DOWNLOAD.search(line):
            tell(f"Downloading {download[1]}, {download[2]} …")
        elif line.startswith("Installing"):
            tell("Installing TensorFlow …")
        elif line.startswith("ERROR: "):
            error = line.removeprefix("ERROR: ").strip()
    return error


def _has(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
