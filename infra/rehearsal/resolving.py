"""What a template says once its parameters have values; what only AWS can tell stays unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Template = dict[str, Any]


class Unknown:
    """A value that depends on what was made, such as an ARN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
NOTHING: Final = object()
"""AWS::NoValue."""
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")


class Resolver:
    """Resolves a template's values.

    Args:
        template: its functions in their long form (`Fn::If`).
        parameters: the values that it was deployed with; others have their defaults.
    """

    def __init__(self, template: Template, parameters: Mapping[str, str]) -> None:
        declared = template.get("Parameters", {})
        self._values = {name: str(each["Default"]) for name, each in declared.items() if "Default" in each}
        self._values |= {name: str(value) for name, value in parameters.items() if name in declared}
        self._mappings = template.get("Mappings", {})
        self._conditions = template.get("Conditions", {})

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true."""
        return bool(self.value(self._conditions[condition]))

    def value(self, said: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        """A value with all that is known put in."""
        if isinstance(said, list):
            return [each for each in map(self.value, said) if each is not NOTHING]
        if not isinstance(said, dict):
            return said
        if len(said) == 1:
            (name, argument), *_ = said.items()
            # A policy's Condition is a map.
            if (name in ("Ref", "Condition") and isinstance(argument, str)) or name.startswith("Fn::"):
                return self._call(name, argument)
        values = {name: self.value(each) for name, each in said.items()}
        return {name: each for name, each in values.items() if each is not NOTHING}

    def _call(self, name: str, argument: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        match name:
            case "Ref":
                return NOTHING if argument == "AWS::NoValue" else self._values.get(argument, UNKNOWN)
            case "Condition":
                return self.holds(argument)
            case "Fn::If":
                return self.value(argument[1 if self.holds(argument[0]) else 2])
            case "Fn::Equals":
                left, right = map(self.value, argument)
                return str(left) == str(right)
            case "Fn::Not":
                return not self.value(argument[0])
            case "Fn::And":
                return all(map(self.value, argument))
            case "Fn::Or":
                return any(map(self.value, argument))
            case "Fn::FindInMap":
                table, row, column = map(self.value, argument)
                return self._mappings[table][row][column]
            case "Fn::Sub" if isinstance(argument, str) and set(_VARIABLE.findall(argument)) <= set(
                self._values
            ):
                text = _VARIABLE.sub(lambda found: self._values[found[1]], argument)
                return UNKNOWN if "${" in text else text
        return UNKNOWN
