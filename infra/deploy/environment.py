"""An environment, `prod` or `dev`, as samconfig.toml describes it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.deploy.refusal import Refusal

ROOT: Final = Path(__file__).parents[2]
CONFIG: Final = ROOT / "samconfig.toml"


@dataclass(frozen=True)
class Environment:
    """A stack, and a bot, of its own."""

    name: str
    stack: str
    overrides: dict[str, str]
    """The template's parameters that the environment sets."""
    file: Path
    """That says so."""
    region: str | None = None
    """Where it names one."""

    @property
    def options(self) -> str:
        """What `make` is told where the environment is not the usual one."""
        return "" if self.name == "prod" else f" ENV={self.name}"


def read(name: str, file: Path) -> Environment:
    """An environment by its name.

    Raises:
        Refusal: there is no such file, or environment.
    """
    try:
        sections = tomllib.loads(file.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refusal(f"{file} cannot be read: {error}.") from None
    named = {key: each for key, each in sections.items() if isinstance(each, dict) and "global" in each}
    if name not in named:
        raise Refusal(f"{file.name} has no environment {name}; choose one: ENV={' or ENV='.join(named)}.")
    settings: dict[str, Any] = {}
    for command in ("global", "deploy"):
        settings |= named[name].get(command, {}).get("parameters", {})
    overrides = dict(override.split("=", 1) for override in settings["parameter_overrides"])
    return Environment(name, settings["stack_name"], overrides, file, settings.get("region"))
