"""Compares what the template asks for with what the emulator made: what it left out, what it ignored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infra.rehearsal.made import DESCRIBERS
from infra.rehearsal.resolving import UNKNOWN, Resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.rehearsal.cloud import Cloud
    from infra.rehearsal.resolving import Template

_NOT_SHOWN: Final = {
    "AWS::Lambda::Function": {"Code", "Tags", "ImageConfig"},
    "AWS::Lambda::Alias": {"FunctionName"},
    "AWS::Lambda::EventSourceMapping": {"FunctionName"},
    "AWS::Lambda::Version": {"FunctionName"},
    "AWS::Lambda::Url": {"TargetFunctionArn", "Qualifier"},
    "AWS::CloudWatch::Dashboard": {"DashboardBody"},
}
"""Properties that no service tells in the words of the template."""


@dataclass
class Comparison:
    """What came of comparing."""

    resources: int = 0
    """That the template asks for, with these parameters."""
    compared: int = 0
    """Properties, down to their last leaf."""
    absent: list[str] = field(default_factory=list)
    """Resources that were not made."""
    surplus: list[str] = field(default_factory=list)
    """Resources that a condition rules out, and that were made."""
    ignored: list[str] = field(default_factory=list)
    """Properties that were not taken over."""
    unseen: dict[str, int] = field(default_factory=dict)
    """Types of resources that nobody looked into, and how many there are."""


def compare(cloud: Cloud, template: Template, parameters: dict[str, str], made: dict[str, str]) -> Comparison:
    """Look at each resource that was made.

    Args:
        cloud: where.
        template: as it was expanded by SAM's transform.
        parameters: those that it was deployed with.
        made: the physical ids by the template's names.
    """
    resolver, found = Resolver(template, parameters), Comparison()
    for name, resource in sorted(template["Resources"].items()):
        wanted = "Condition" not in resource or resolver.holds(resource["Condition"])
        if wanted != (name in made):
            (found.absent if wanted else found.surplus).append(f"{name} ({resource['Type']})")
        if not wanted or name not in made:
            continue
        found.resources += 1
        kind = resource["Type"]
        if kind not in DESCRIBERS:
            found.unseen[kind] = found.unseen.get(kind, 0) + 1
            continue
        expected = resolver.value(resource.get("Properties", {}))
        expected = {key: each for key, each in expected.items() if key not in _NOT_SHOWN.get(kind, set())}
        try:
            actual = DESCRIBERS[kind](cloud, made[name])
        except ClientError as error:
            found.ignored.append(f"{name}: {error.response['Error']['Code']} ({error.operation_name})")
            continue
        found.compared += sum(1 for _ in leaves(expected))
        found.ignored += [f"{name}: {path}" for path in differences(expected, actual)]
    return found


def leaves(value: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The paths of all that is no list and no map."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}[{index}]")
    else:
        yield path


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The paths at which something that is expected is missing, or another."""
    if expected is UNKNOWN:
        if actual is None:
            yield f"{path} is missing"
    elif isinstance(expected, dict):
        known = actual if isinstance(actual, dict) else {}
        for key, each in expected.items():
            below = f"{path}.{key}" if path else str(key)
            if key in known:
                yield from differences(each, known[key], below)
            elif each not in ([], {}, ""):
                yield f"{below} is missing"
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            yield f"{path} has {len(actual) if isinstance(actual, list) else 'no'} items, not {len(expected)}"
        else:
            for index, (left, right) in enumerate(zip(_ordered(expected), _ordered(actual), strict=True)):
                yield from differences(left, right, f"{path}[{index}]")
    elif _plain(expected) != _plain(actual):
        yield f"{path} is {_plain(actual)}, not {_plain(expected)}"


def _plain(value: object) -> str:
    """As CloudFormation would write it: numbers and truth values are strings, too."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"\.0$", "", text)


def _ordered(items: list[Any]) -> list[Any]:
    """Lists of plain values are sets to AWS."""
    return sorted(items, key=str) if all(isinstance(each, str) for each in items) else items
