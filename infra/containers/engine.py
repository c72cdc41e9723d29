"""The Docker engine: the one that runs, or one that is started for as long as it is needed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import docker
from docker.context import ContextAPI
from docker.errors import DockerException
from docker.utils import parse_host

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTING: Final = 60.0
"""Seconds that an engine may take to start; three are usual."""
STOPPING: Final = 30.0
ANSWERING: Final = 600
"""Seconds that one request may take: to take in or to hand out an image."""
_PRIVILEGED: Final = "use a machine that is no unprivileged container"
_HINTS: Final = {
    "cgroup": "mount the control groups (package cgroupfs-mount), or use a machine that is no container",
    "iptables": f"it needs the right to write iptables rules: {_PRIVILEGED}",
    "permission denied": f"it needs all rights of root: {_PRIVILEGED}",
    "operation not permitted": f"it needs all rights of root: {_PRIVILEGED}",
}
"""What the engine's last words mean, for a person."""
_FAILURE: Final = re.compile("failed to start daemon: (.+)")


class NoEngine(Exception):
    """No Docker engine runs, nor can be started; the message says what to do."""


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """A client of the engine that runs; else root starts one, which ends with the context.

    Raises:
        NoEngine: see there.
    """
    _follow_context()
    client = _connect()
    if client is not None:
        with _closing(client):
            yield client
        return
    _refuse_without_rights()
    with _started() as client, _closing(client):
        yield client


def _follow_context() -> None:
    """Let DOCKER_HOST say what `docker context use` chose: SAM CLI and the SDK ask no other."""
    if "DOCKER_HOST" not in os.environ:
        context = ContextAPI.get_current_context()
        if context is not None and context.name != "default":
            os.environ["DOCKER_HOST"] = context.Host


def _connect() -> docker.DockerClient | None:
    if not _listens():
        return None
    try:
        client = docker.from_env(timeout=ANSWERING)
    except DockerException:  # it asks for the engine's version
        return None
    try:
        client.ping()
    except DockerException:
        client.close()
        return None
    return client


def _listens() -> bool:
    """Whether somebody does at the engine's socket: the SDK leaves its own open where nobody does."""
    scheme, _, path = parse_host(os.environ.get("DOCKER_HOST")).partition("://")
    if scheme != "http+unix":
        return True
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(path)
        except OSError:
            return False
    return True


@contextmanager
def _closing(client: docker.DockerClient) -> Iterator[None]:
    try:
        yield
    finally:
        client.close()


def _refuse_without_rights() -> None:
    if host := os.environ.get("DOCKER_HOST"):
        raise NoEngine(f"No Docker engine answers at {host} (DOCKER_HOST): start it, or unset DOCKER_HOST.")
    if sys.platform != "linux":
        raise NoEngine("No Docker engine runs: start Docker Desktop (or colima, or Podman), then try again.")
    if shutil.which("dockerd") is None:
        raise NoEngine("There is no Docker engine: install one (Debian, Ubuntu: apt-get install docker.io).")
    if os.geteuid() != 0:
        raise NoEngine(
            "The Docker engine does not run, or you may not use it: sudo systemctl start docker, "
            "and sudo usermod -aG docker $USER, then log in again."
        )


@contextmanager
def _started() -> Iterator[docker.DockerClient]:
    with tempfile.TemporaryFile("w+") as log:
        daemon = subprocess.Popen(["dockerd"], stdout=log, stderr=log, start_new_session=True)  # noqa: S607
        try:
            yield _wait(daemon, log.name)
        finally:
            daemon.terminate()
            try:
                daemon.wait(STOPPING)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _wait(daemon: subprocess.Popen[bytes], log: str | int) -> docker.DockerClient:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline:
        if (client := _connect()) is not None:
            return client
        if daemon.poll() is not None:
            break
        time.sleep(0.2)
    said = Path(f"/proc/self/fd/{log}").read_text(encoding="utf-8", errors="replace")
    raise NoEngine(why(said))


def why(log: str) -> str:
    """One sentence on why an engine did not start, from what it wrote."""
    lines = [line for line in log.splitlines() if line.strip()] or ["it said nothing"]
    last = next((found[1] for line in reversed(lines) if (found := _FAILURE.search(line))), lines[-1])
    known = (advice for word, advice in _HINTS.items() if word in last.lower())
    return f"The Docker engine does not start ({last[:300]}): {next(known, 'run dockerd to see more')}."
