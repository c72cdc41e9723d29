"""What this machine needs to reach the package registries, so that its containers can, too."""

from __future__ import annotations

import ast
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Final

_URLS: Final = {"index-url", "extra-index-url", "find-links", "proxy"}
_SETTINGS: Final = _URLS | {"trusted-host", "default-timeout", "timeout"}


def authorities() -> Path | None:
    """The certificates that this machine trusts, in one file."""
    paths = [_pip().get("cert"), ssl.get_default_verify_paths().cafile]
    return next((Path(path) for path in paths if path and Path(path).is_file()), None)


def pip_settings() -> str:
    """pip's configuration in a container: this machine's, without what lies in its own folders."""
    lines = ["[global]"]
    for name, value in sorted(_pip().items()):
        words = [word for word in value.split() if name not in _URLS or word.startswith(("http:", "https:"))]
        if name in _SETTINGS and words:
            lines.append(f"{name} = {' '.join(words)}")
    return "\n".join([*lines, ""])


def _pip() -> dict[str, str]:
    """Its settings by name; the environment's win over those in files."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    settings = dict(line.split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    values = {key.rpartition(".")[2]: ast.literal_eval(value) for key, value in settings.items()}
    environment = {
        key.rpartition(".")[2]: ast.literal_eval(value)
        for key, value in settings.items()
        if key.startswith(":env:")
    }
    return values | environment
