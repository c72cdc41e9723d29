"""All experiments: what each must show, as it is run for the page, and small, as CI runs it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from soak import bundles, burst, flood, hostile, outage, poison, rotation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from soak.result import Result


@dataclass(frozen=True)
class Experiment:
    """One of them; it takes the folder that is laid out as `models/`."""

    run: Callable[[Path], Result]
    small: Callable[[Path], Result]
    """The same with few photos, failures that come back sooner, and mild trouble; within seconds."""


EXPERIMENTS: Final = {
    "burst": Experiment(
        burst.run, partial(burst.run, photos=40, chats=10, kills=1, environments=2, timeout=12)
    ),
    "outage": Experiment(
        outage.run, partial(outage.run, outages={"failing": 1, "closed": 1}, photos=5, comes_back=1)
    ),
    "bundles": Experiment(bundles.run, partial(bundles.run, wanted=(0, 3), comes_back=1)),
    "hostile": Experiment(hostile.run, partial(hostile.run, every=11, sent_every=5)),
    "flood": Experiment(flood.run, partial(flood.run, photos=40, others=4, seconds=2, limits=False)),
    "poison": Experiment(poison.run, partial(poison.run, comes_back=0)),
    "rotation": Experiment(rotation.run, partial(rotation.run, photos=12, seconds=3, gap=0, comes_back=4)),
}
