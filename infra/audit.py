"""Looks every pinned package up among the known vulnerabilities: `make audit`.

A source counts as reachable if it knows a hole that has been known for years: one that merely answers would
let everything pass. Where none can be reached, one line says so, and nothing fails.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pip_requirements_parser import RequirementsFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = ("osv", "pypi")
"""pip-audit's names; the first that can be reached is asked."""


class Pin(NamedTuple):
    """One version of one package."""

    name: str
    version: str
    hash: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


KNOWN_BAD: Final = Pin("jinja2", "2.4.1", f"sha256:{0:064x}")
"""Vulnerable since 2014 (CVE-2014-1402)."""


class Unreachable(Exception):
    """A source does not answer, or does not know."""


@dataclass(frozen=True)
class Ignored:
    """A vulnerability that is accepted for a while: `[[tool.audit.ignored]]` in pyproject.toml."""

    id: str
    reason: str
    until: datetime.date


def pins(files: Iterable[Path]) -> dict[Pin, list[str]]:
    """What the requirements pin, for whatever machine, and where."""
    found = defaultdict(list)
    for file in files:
        for line in RequirementsFile.from_file(str(file)).requirements:
            found[Pin(line.name, line.get_pinned_version, line.hash_options[0])].append(
                file.relative_to(ROOT).as_posix()
            )
    return found


def ask(source: str, wanted: Iterable[Pin], options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What pip-audit tells of pins: a dependency's `name`, `version` and `vulns`, or its `skip_reason`.

    Raises:
        Unreachable: the source does not answer.
    """
    # pip-audit takes one version of each package at a time.
    rounds: list[dict[str, Pin]] = []
    for pin in wanted:
        free = next((each for each in rounds if pin.name not in each), None)
        if free is None:
            rounds.append(free := {})
        free[pin.name] = pin
    told = []
    for each in rounds:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
            requirements.writelines(f"{pin.name}=={pin.version} --hash={pin.hash}\n" for pin in each.values())
            requirements.flush()
            fixed = ("--disable-pip", "--progress-spinner", "off", "--format", "json", "--desc", "off")
            done = subprocess.run(  # noqa: S603 - pip-audit, with our own pins
                [
                    *(sys.executable, "-m", "pip_audit", "--vulnerability-service", source),
                    *(*fixed, *options, "--requirement", requirements.name),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
        try:
            told += json.loads(done.stdout)["dependencies"]
        except ValueError:
            raise Unreachable(source) from None
    return told


def reachable(source: str, options: Sequence[str] = ()) -> bool:
    """Whether a source answers, and knows what everybody knows."""
    try:
        return any(each.get("vulns") for each in ask(source, [KNOWN_BAD], options))
    except Unreachable:
        return False


def ignored() -> list[Ignored]:
    """What is accepted for now, and why."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    return [Ignored(**each) for each in tools.get("audit", {}).get("ignored", [])]


def verdict(
    told: Iterable[dict[str, Any]],
    where: dict[tuple[str, str], list[str]],
    accepted: Iterable[Ignored],
    today: datetime.date,
) -> list[str]:
    """A line for each thing that must be mended."""
    ids = {each.id for each in accepted if today <= each.until}
    lines = []
    for each in told:
        if "skip_reason" in each:
            lines.append(f"{each['name']} could not be looked up: {each['skip_reason']}")
            continue
        for hole in each["vulns"]:
            if not ids & {hole["id"], *hole["aliases"]}:
                name, version = each["name"], each["version"]
                fix = f"fixed in {', '.join(hole['fix_versions'])}" if hole["fix_versions"] else "no fix yet"
                files = ", ".join(where[name, version])
                lines.append(f"{name} {version}: {hole['id']}, {fix}; pinned in {files}")
    return lines


def main(options: Sequence[str]) -> int:
    """Look everything up; the options are pip-audit's own, such as `--osv-url`."""
    wanted = pins(requirements())
    say = sys.stdout.write
    source = next((each for each in SOURCES if reachable(each, options)), None)
    if source is None:
        say(f"Not audited: no source of advisories can be reached from here ({', '.join(SOURCES)}).\n")
        return 0
    try:
        told = ask(source, wanted, options)
    except Unreachable:
        say(f"Not audited: {source} stopped answering.\n")
        return 0
    where = {(pin.name, pin.version): files for pin, files in wanted.items()}
    if bad := verdict(told, where, ignored(), datetime.datetime.now(datetime.UTC).date()):
        say("\n".join([*bad, "Raise these versions in pyproject.toml, and `make lock`.\n"]))
        return 1
    say(f"{len(wanted)} pinned packages, and no vulnerability of them known to {source}.\n")
    return 0


def requirements() -> list[Path]:
    """Everything that is pinned: what is deployed, and what it is built and tested with."""
    return sorted(ROOT.glob("[a-z]*/**/requirements*.txt"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
