"""The emulator of AWS: ministack, on loopback for as long as a rehearsal takes, and the only AWS it knows."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
import httpx
from botocore.config import Config

from infra.rehearsal.doors import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
MINISTACK: Final = ROOT / ".venv" / "rehearsal" / "bin" / "ministack"
REGION: Final = "eu-central-1"
ACCOUNT: Final = "000000000000"
KEY: Final = "rehearsal"
"""Access key and secret of whoever deploys; the emulator takes no other for its root's."""
_NOWHERE: Final = f"http://{HOST}:9"
"""A proxy that is none: what is not meant for loopback ends there."""
_NOBODY: Final = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
"""Whose settings boto3 looks up: those of nobody on this machine."""
_STARTING: Final = 60.0
"""Seconds; three are usual."""
_STOPPING: Final = 30.0


class NoCloud(Exception):
    """The emulator is not installed, or does not start; the message says what to do."""


class Cloud:
    """Where the emulator listens, and how to talk to it.

    Args:
        port: of loopback.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.environment = environment(self.url)
        self._session = boto3.session.Session(botocore_session=botocore.session.Session(_NOBODY))
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes these at run time
        """A client of a service, which knows no other endpoint."""
        if service not in self._clients:
            self._clients[service] = self._session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id=KEY,
                aws_secret_access_key=KEY,
                config=Config(retries={"max_attempts": 1}, proxies={}),
            )
        return self._clients[service]


def installed() -> str:
    """The emulator's version."""
    folders = (ROOT / ".venv" / "rehearsal").glob("lib/python3*/site-packages/ministack-*.dist-info")
    return next((folder.name.split("-")[1].removesuffix(".dist") for folder in folders), "unknown")


def environment(url: str) -> dict[str, str]:
    """What SAM's command line finds in its own: this endpoint, keys that open nothing else, no way out."""
    kept = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(("AWS_", "SAM_"))
    }
    return kept | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), f"{HOST},localhost"),
    }


@contextmanager
def cloud(port: int, network: str, folder: Path, log: Path, settings: Mapping[str, str]) -> Iterator[Cloud]:
    """The emulator, until the end of the context; its containers are the network's.

    Args:
        port: a free one.
        network: of the functions' containers.
        folder: for what it writes.
        log: of what it does.
        settings: further ones of its environment.

    Raises:
        NoCloud: it is not installed, or does not start.
    """
    if not MINISTACK.exists():
        raise NoCloud("The emulator of AWS is not installed; run: make .venv/.rehearsal")
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "LAMBDA_EXECUTOR": "docker",
        "LAMBDA_STRICT": "1",
        "DOCKER_NETWORK": network,
        **{name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ},
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [MINISTACK], env=own, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
        try:
            made = Cloud(port)
            _wait(made, process, log)
            yield made
        finally:
            _stop(process)


def _wait(made: Cloud, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{made.url}/_ministack/health", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(encoding="utf-8", errors="replace").splitlines() or ["it said nothing"]
    raise NoCloud(f"The emulator of AWS does not start ({said[-1][:200]}); try again.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
