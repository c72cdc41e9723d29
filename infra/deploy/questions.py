"""The template's parameters as questions: in its order, with its explanations, held to its constraints."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.deploy.environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TEMPLATE: Final = ROOT / "infra" / "template.yaml"
NOTHING: Final = "-"
"""What a person answers where nothing is meant, since an empty answer keeps what was there."""
NOT_ASKED: Final = {"BotTokenParameter", "WebhookSecretParameter", "RegistrationRevision", "ModelRevision"}
"""Names that samconfig.toml gives, and words that commands set anew."""


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms, such as !Ref, as their long ones."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            return {name: loader.construct_scalar(node)}
        case yaml.SequenceNode():
            return {name: loader.construct_sequence(node, deep=True)}
        case yaml.MappingNode():
            return {name: loader.construct_mapping(node, deep=True)}
    raise TypeError(name)


_Loader.add_multi_constructor("!", _long_form)


def load(file: Path = TEMPLATE) -> dict[str, Any]:
    """The template."""
    template: dict[str, Any] = yaml.load(file.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return template


@dataclass(frozen=True)
class Question:
    """A parameter."""

    name: str
    group: str
    spec: dict[str, Any]
    """As it stands in the template."""

    @property
    def description(self) -> str:
        """What the template says of it."""
        return str(self.spec.get("Description", ""))

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it may have, where these are few."""
        return tuple(map(str, self.spec.get("AllowedValues", ())))

    @property
    def default(self) -> str:
        """What the template takes where nobody says anything."""
        return str(self.spec.get("Default", ""))

    @property
    def may_be_nothing(self) -> bool:
        """Whether an empty value is one."""
        return self.fault("") is None

    def fault(self, value: str) -> str | None:
        """Why CloudFormation would refuse a value; None where it would not."""
        if self.choices:
            return None if value in self.choices else f"one of {', '.join(self.choices)}"
        if self.spec["Type"] == "Number":
            return self._number_fault(value)
        pattern, longest = self.spec.get("AllowedPattern"), self.spec.get("MaxLength")
        fits = (pattern is None or re.search(pattern, value)) and (longest is None or len(value) <= longest)
        if fits and len(value) >= self.spec.get("MinLength", 0):
            return None
        return str(self.spec.get("ConstraintDescription") or f"something that matches {pattern}")

    def _number_fault(self, value: str) -> str | None:
        least, most = self.spec.get("MinValue"), self.spec.get("MaxValue")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        # Nothing compares to what is no number.
        if number >= (-math.inf if least is None else least) and number <= (
            math.inf if most is None else most
        ):
            return None
        bounds = [f"from {least}" if least is not None else "", f"to {most}" if most is not None else ""]
        return str(self.spec.get("ConstraintDescription") or " ".join(["a number", *filter(None, bounds)]))


def questions(template: Mapping[str, Any]) -> list[Question]:
    """The parameters that a person is asked for, in the order of the template's groups."""
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return [
        Question(name, group["Label"]["default"], template["Parameters"][name])
        for group in groups
        for name in group["Parameters"]
        if name not in NOT_ASKED
    ]


def broken_rules(template: Mapping[str, Any], answers: Mapping[str, str]) -> list[str]:
    """What the template's rules say against answers that are fine one by one."""
    values = {name: str(spec.get("Default", "")) for name, spec in template["Parameters"].items()} | dict(
        answers
    )
    return [
        assertion["AssertDescription"]
        for rule in template.get("Rules", {}).values()
        if "RuleCondition" not in rule or _holds(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not _holds(assertion["Assert"], values)
    ]


def _holds(condition: Any, values: Mapping[str, str]) -> bool:  # noqa: ANN401 - any of the rules' functions
    match condition:
        case {"Fn::Equals": [left, right]}:
            return _value(left, values) == _value(right, values)
        case {"Fn::Contains": [options, wanted]}:
            return _value(wanted, values) in [_value(option, values) for option in options]
        case {"Fn::Not": [inner]}:
            return not _holds(inner, values)
        case {"Fn::And": parts}:
            return all(_holds(part, values) for part in parts)
        case {"Fn::Or": parts}:
            return any(_holds(part, values) for part in parts)
    raise NotImplementedError(f"a rule of the template has a function that is not read here: {condition}")


def _value(node: object, values: Mapping[str, str]) -> str:
    match node:
        case {"Ref": str(name)}:
            return values[name]
    return str(node)


def overrides(values: Mapping[str, str]) -> Sequence[str]:
    """As `sam --parameter-overrides` reads them; an empty value stands in quotes."""
    return [f'{name}="{_escaped(value)}"' for name, value in values.items()]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
