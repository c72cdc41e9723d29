"""The one place where the built template is changed for the emulator: each change with its reason."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Template = dict[str, Any]
HIDDEN: Final = 20
"""Seconds."""


@dataclass(frozen=True)
class Change:
    """One change of the template."""

    what: str
    why: str
    apply: Callable[[Template, Mapping[str, str]], list[str]]
    """Changes a template that has the parameters' values, and tells which resources it changed."""


def changed(
    template: Template, parameters: Mapping[str, str]
) -> tuple[Template, list[tuple[Change, list[str]]]]:
    """A copy of a built template that the emulator takes, and what was changed where.

    Args:
        template: as `sam build` wrote it, its functions in their long form.
        parameters: those that it will be deployed with.
    """
    made = copy.deepcopy(template)
    values = {name: str(each.get("Default", "")) for name, each in template.get("Parameters", {}).items()}
    values |= parameters
    applied = [(change, change.apply(made, values)) for change in CHANGES]
    return made, [(change, resources) for change, resources in applied if resources]


def _of_type(template: Template, kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def _numbers(template: Template, values: Mapping[str, str]) -> list[str]:
    touched = []
    for name, properties in _of_type(template, "AWS::Lambda::EventSourceMapping").items():
        scaling = properties.get("ScalingConfig", {})
        maximum = scaling.get("MaximumConcurrency")
        if isinstance(maximum, dict) and "Ref" in maximum:
            scaling["MaximumConcurrency"] = int(values[maximum["Ref"]])
            touched.append(name)
    return touched


def _metric_math(template: Template, _: Mapping[str, str]) -> list[str]:
    touched = []
    for name, properties in _of_type(template, "AWS::CloudWatch::Alarm").items():
        if "Metrics" in properties:
            first = next(each["MetricStat"] for each in properties.pop("Metrics") if "MetricStat" in each)
            statistic = "ExtendedStatistic" if first["Stat"].startswith("p") else "Statistic"
            properties.update(first["Metric"], Period=first["Period"], **{statistic: first["Stat"]})
            touched.append(name)
    return touched


def _rollout(template: Template, values: Mapping[str, str]) -> list[str]:
    rollout = template.get("Parameters", {}).get("Rollout")
    if rollout is None or rollout.get("Default") == values["Rollout"]:
        return []
    rollout["Default"] = values["Rollout"]
    return ["Rollout"]


def _leading_keys(template: Template, _: Mapping[str, str]) -> list[str]:
    touched = []
    for name, properties in _of_type(template, "AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                needed = statement.get("Condition", {}).get("Null", {})
                if needed.pop("dynamodb:LeadingKeys", None) is not None:
                    if not needed:
                        del statement["Condition"]["Null"]
                    touched.append(name)
    return touched


def _hurry(template: Template, _: Mapping[str, str]) -> list[str]:
    for size in template["Mappings"]["Size"].values():
        size["HiddenSeconds"] = HIDDEN
    return ["Size"]


CHANGES: tuple[Change, ...] = (
    Change(
        f"the queue hides a job that is handed out for {HIDDEN} s, not for six timeouts (mapping `Size`)",
        "no gap of the emulator: nobody waits six minutes for what a killed recognizer held",
        _hurry,
    ),
    Change(
        "the parameter `Rollout` has `AllAtOnce` for its default, too, not only for its value",
        "the emulator has SAM expand the template without the parameters' values, and by this one "
        "SAM decides whether CodeDeploy takes part, which the emulator lacks",
        _rollout,
    ),
    Change(
        "`MaximumConcurrency` of an event source is a number, no longer a reference to a parameter",
        "parameters are strings to CloudFormation, and the emulator's poller compares this one with a "
        "number, fails, and hands out no job",
        _numbers,
    ),
    Change(
        "an alarm on an expression watches the expression's first metric alone",
        "the emulator refuses `Metrics` (metric math) in an alarm",
        _metric_math,
    ),
    Change(
        "a right to records no longer asks that a request name keys (`dynamodb:LeadingKeys`)",
        "the emulator's IAM does not know which keys a request to DynamoDB names: it would refuse all",
        _leading_keys,
    ),
)
