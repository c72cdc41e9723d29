"""An event that was played, and what came of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.containers.sam import invoke
from infra.containers.stage import Stage
from tests.events import SAMPLES

if TYPE_CHECKING:
    from infra.containers.sam import Built, Invocation
    from infra.containers.stage import Services
    from infra.containers.world import World


class Outcome:
    """An event that was played: what its function said, and the stage as it is now."""

    def __init__(self, world: World, services: Services, built: Built, name: str) -> None:
        function = f"{name.partition('-')[0].title()}Function"
        event = SAMPLES[name]
        self.stage = Stage(world, services, event)
        if function == "RegistrarFunction":
            event = event | {"ResponseURL": f"{world.telegram}/cloudformation/{self.stage.name}"}
        self.invocation: Invocation = invoke(built, world, function, event, self.stage.variables)
        self.answer = self.invocation.answer

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the emulated Telegram received."""
        return self.stage.told()

    @property
    def methods(self) -> list[str]:
        """The methods of the Bot API that were called."""
        return [call["method"] for call in self.told["calls"]]
