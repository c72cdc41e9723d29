"""SAM CLI, run as the person would run it: its prompts and its progress are theirs to see."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from threading import Thread
from typing import IO, Final

from infra.deploy.environment import ROOT
from infra.deploy.refusal import Refusal

_KEPT: Final = 20_000
"""Characters of what it says last, to find out why it failed."""
_UNREACHABLE: Final = (
    r"[Nn]ame resolution|[Nn]ame or service not known|Could not resolve|no such host|i/o timeout"
    r"|Network is unreachable|Could not connect to the endpoint|TLS handshake timeout"
    r"|Failed to establish a new connection"
)
_REASONS: Final = (
    (r"in (\w*ROLLBACK_COMPLETE) state and can ?not be updated",
     "its first deployment failed, and what is left of that stands in the way; remove it with make delete"),
    (r"in (\w+_IN_PROGRESS) state and can ?not be updated",
     "another deployment is at work ({0}); wait until that is done, then try again"),
    (r"[Bb]ucket(?:AlreadyExists|AlreadyOwnedByYou)|requested bucket name is not available",
     "the bucket's name is taken, and names are shared by all accounts; choose another one"),
    (r"ExpiredToken", "the AWS credentials expired meanwhile; sign in again, then try again"),
    (r"(?:AccessDenied.*)?is not authorized to perform: ([\w:]+)|AccessDenied",
     "these AWS credentials may not do all that it takes ({0}); use others"),
    (r"[Nn]o space left on device", "the disk is full; docker system prune makes room, then try again"),
    (r"toomanyrequests|[Rr]ate exceeded for pull|Too Many Requests",
     "the registry of images lets nobody fetch more for the moment; try again in a few minutes"),
    (_UNREACHABLE, "the network is down, or lets nobody fetch what it takes; check it, then try again"),
    (r"container runtime|requires Docker|Docker is (?:unreachable|not)|[Dd]ocker daemon|daemon running",
     "the Docker engine does not answer any more; start it, then try again"),
    (r"[Pp]arameter '?(\w+)'? (?:failed to|must)",
     "CloudFormation refuses the value of {0}; give another one"),
)  # fmt: skip
"""What SAM CLI, and the AWS services that it quotes, say; and what that means for a person."""


class SamFailed(Exception):
    """It ended with an error; the message is the reason, without a full stop."""


def find() -> str:
    """The program.

    Raises:
        Refusal: it is not installed.
    """
    if (program := shutil.which("sam")) is None:
        raise Refusal("SAM CLI is not installed here; run it through make, which installs it: make deploy")
    return program


def sam(*arguments: str, region: str) -> None:
    """Run a command of it, in the repository.

    Raises:
        SamFailed: with its reason.
    """
    environment = {
        "SAM_CLI_TELEMETRY": "0", **os.environ, "AWS_REGION": region, "AWS_DEFAULT_REGION": region
    }  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - SAM CLI's own options
        [find(), *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    )
    said: list[str] = []
    echo = Thread(target=_echo, args=(process.stderr, said), daemon=True)
    echo.start()
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.wait()  # the terminal has told it, too
        raise
    finally:
        echo.join()
    if status:
        raise SamFailed(reason("".join(said)[-_KEPT:]))


def _echo(stream: IO[bytes], said: list[str]) -> None:
    """Show as it comes, half lines too: progress is one line that changes."""
    with stream:
        while chunk := os.read(stream.fileno(), 4096):
            text = chunk.decode(errors="replace")
            said.append(text)
            sys.stderr.write(text)
            sys.stderr.flush()


def reason(said: str) -> str:
    """Why it failed, from what it said, without a full stop."""
    for pattern, meaning in _REASONS:
        if found := re.search(pattern, said):
            return meaning.format(*(group or "see above" for group in found.groups() or ("see above",)))
    errors = [line for line in said.splitlines() if line.startswith("Error: ")]
    return errors[-1].removeprefix("Error: ").rstrip(".") if errors else "its own words are above"
