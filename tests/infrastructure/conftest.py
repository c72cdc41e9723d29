"""The template as CloudFormation would read it, with its parameters filled in."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.decode import cfn_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
Template = dict[str, Any]


class Stack:
    """A template with parameters, conditions and mappings resolved; references to resources stay."""

    def __init__(self, template: Template, **parameters: str) -> None:
        defaults = {name: spec.get("Default") for name, spec in template["Parameters"].items()}
        unknown = parameters.keys() - defaults.keys()
        assert not unknown, f"the template has no parameter {unknown}"
        self.parameters = {**defaults, **parameters}
        self._template = template
        self.resources: Template = self.resolve(template["Resources"])

    def __getitem__(self, name: str) -> Template:
        return self.resources[name]["Properties"]

    def of_type(self, kind: str) -> dict[str, Template]:
        """Properties of every resource of a type, by logical id."""
        return {name: each["Properties"] for name, each in self.resources.items() if each["Type"] == kind}

    def is_made(self, name: str) -> bool:
        """Whether the resource's condition holds, if it has one."""
        condition = self.resources[name].get("Condition")
        return condition is None or bool(self.resolve(self._template["Conditions"][condition]))

    def resolve(self, node: Any) -> Any:
        match node:
            case {"Ref": str(name), **rest} if not rest and name in self.parameters:
                return self.parameters[name]
            case {"Fn::FindInMap": [table, first, second]}:
                return self._template["Mappings"][self.resolve(table)][self.resolve(first)][second]
            case {"Fn::If": [condition, yes, no]}:
                return self.resolve(yes if self.resolve(self._template["Conditions"][condition]) else no)
            case {"Fn::Equals": [left, right]}:
                return str(self.resolve(left)) == str(self.resolve(right))
            case {"Fn::Not": [condition]}:
                return not self.resolve(condition)
            case {"Fn::And": conditions}:
                return all(self.resolve(condition) for condition in conditions)
            case {"Condition": str(name), **rest} if not rest:
                return self.resolve(self._template["Conditions"][name])
            case dict():
                return {key: self.resolve(value) for key, value in node.items()}
            case list():
                return [self.resolve(value) for value in node]
            case _:
                return node

    @property
    def functions(self) -> dict[str, Template]:
        return self.of_type("AWS::Serverless::Function")

    def described(self, parameter: str) -> str:
        """What the person who deploys is told of a parameter."""
        return str(self._template["Parameters"][parameter]["Description"])

    def variables(self, function: str) -> dict[str, Any]:
        """A function's environment, with what all functions share."""
        shared = self.resolve(self._template["Globals"]["Function"]["Environment"]["Variables"])
        return {**shared, **self[function]["Environment"]["Variables"]}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def template() -> Template:
    return cfn_yaml.load(str(ROOT / "infra" / "template.yaml"))


@pytest.fixture(scope="session")
def make_stack(template) -> Callable[..., Stack]:
    return lambda **parameters: Stack(template, **parameters)


@pytest.fixture(scope="session")
def stack(make_stack) -> Stack:
    """The stack as its defaults make it."""
    return make_stack()


VARIANTS = {
    "by and by": {},
    "all at once": {"parameters": {"Rollout": "AllAtOnce"}},
    "other code": {"code": {"RecognizerFunction": "new", "WebhookFunction": "new"}},
    "another layer": {"code": {"SharedLayer": "new"}},
    "other parameters": {"parameters": {"ModelRevision": "new", "MaximumConcurrency": "20"}},
}


@pytest.fixture(scope="session")
def transformed(root) -> dict[str, Template]:
    """All resources of VARIANTS, with what SAM adds by itself."""
    python = root / ".venv" / "infra" / "bin" / "python"
    done = subprocess.run(
        [python, Path(__file__).with_name("transformation.py")],
        input=json.dumps([{"parameters": {}, "code": {}, **each} for each in VARIANTS.values()]),
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(VARIANTS, json.loads(done.stdout), strict=True))


@pytest.fixture(scope="session")
def made_by_sam(transformed) -> Template:
    """All resources as the defaults make them."""
    return transformed["by and by"]
