"""What photos, cold starts and an idle month use, in the units of the price list."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.costs.prices import HOURS

if TYPE_CHECKING:
    from infra.costs.stack import Stack

Figures = dict[str, Any]

FULL_CORE: Final = 1769
"""MB that come with one core (Lambda's developer guide)."""
AWS_CALL = 0.008
"""Seconds; as the next three assumed, the same as in docs/architecture.md: nothing here can reach either."""
GET_FILE, FILE, SEND = 0.040, 0.040, 0.120
"""Seconds until Telegram has answered."""
POLLERS, POLL = 5, 20
"""An idle event source asks the queue so often at one time, for so many seconds each. It would go down to
two, were there no MaximumConcurrency (Lambda's developer guide, "Configuring scaling behavior for SQS")."""
KEPT_WARM: Final = 600
"""Seconds that Lambda keeps an idle environment, assumed: AWS promises nothing."""
SECRET_READ: Final = 300
"""Seconds after which the webhook reads its secret anew, and DynamoDB its key; each is a request to KMS."""
GB: Final = 1e9


@dataclass(frozen=True)
class Times:
    """What one engine takes, in seconds at the memory that the template gives it."""

    webhook: float
    webhook_init: float
    overhead: float
    """The recognizer's own work on a photo, but for looking at it."""
    recognise: float
    """Looking at a photo: the median."""
    spread: float
    """Standard deviation of the logarithm of that."""
    init: float

    @property
    def recognizer(self) -> float:
        """One photo alone in its batch: the table is asked while the photo comes."""
        return GET_FILE + FILE + self.overhead + self.recognise + SEND + AWS_CALL


def times(engine: str, measured: Figures, benchmarks: Figures) -> Times:
    """From docs/costs.json and docs/benchmarks.json."""
    webhook = measured["use"]["litert"]["webhook"]
    sustained = benchmarks["sustained"]
    photo = benchmarks["photo_path"]["1"]["answer"]["1 face"]
    start = benchmarks["cold_start"][engine]
    overhead = measured["use"][engine]["recognizer"]["processor"] - photo[engine]["milliseconds"]
    scale = photo[engine]["milliseconds"] / photo["litert"]["milliseconds"]
    core = min(1, measured["memory"]["webhook"] / FULL_CORE)
    return Times(
        webhook=webhook["processor"] / 1000 / core + sum(webhook["calls"].values()) * AWS_CALL,
        webhook_init=benchmarks["conversation"]["webhook"]["import"] / 1000,
        overhead=max(0.0, overhead) / 1000,
        recognise=sustained["p50"] * scale / 1000,
        spread=math.log(sustained["p95"] / sustained["p50"]) / 1.645,
        init=(start["first"] - start["warm"]) / 1000,
    )


@dataclass(frozen=True)
class Bot:
    """One way to deploy it."""

    engine: str
    architecture: str
    """Of the recognizer: arm64 is taken to be as fast as x86_64. The webhook's is always x86_64."""
    took: Times
    measured: Figures
    """docs/costs.json."""


def of_photos(photos: float, bot: Bot, *, cold: float = 0.0) -> dict[str, float]:
    """What so many photos use, each alone in its batch, and so far apart that X-Ray keeps all traces.

    Args:
        photos: how many.
        bot: how it is deployed.
        cold: share of the photos that find no warm environment, of either function.
    """
    took, memory, use = bot.took, bot.measured["memory"], bot.measured["use"][bot.engine]
    webhook, recognizer, start = use["webhook"], use["recognizer"], use["cold"]
    calls = Counter(webhook["calls"]) + Counter(recognizer["calls"])
    seconds = dict.fromkeys(("compute_x86_64", f"compute_{bot.architecture}"), 0.0)
    seconds["compute_x86_64"] += (took.webhook + cold * took.webhook_init) * memory["webhook"] / 1024
    seconds[f"compute_{bot.architecture}"] += (took.recognizer + cold * took.init) * memory[bot.engine] / 1024
    messages = calls["SendMessage"] + 2  # received and deleted by the event source
    each = seconds | {
        "requests": 2.0,
        "queue": messages,
        "fairness": messages,
        "writes": calls["PutItem"] + calls["UpdateItem"] + calls["DeleteItem"],
        "reads": 0.5 * calls["GetItem"],
        "logs": (webhook["logged"] + recognizer["logged"] + cold * start["logged"]) / GB,
        "traces": 2.0,  # each function's invocation has one (docs/architecture.md, "One trace")
        "transfer": use["sent"] / GB,
        "keys": cold * start["calls"].get("GetParameter", 0),
        "gets": cold * start["calls"].get("S3 GET", 0),
    }
    return {name: photos * amount for name, amount in each.items()}


def of_idle_month(bot: Bot, stack: Stack) -> dict[str, float]:
    """What a month uses in which nobody writes."""
    return {
        "queue": POLLERS * HOURS * 3600 / POLL,
        "alarms": stack.alarm_metrics,
        "dashboards": stack.dashboards,
        "images": bot.measured["image"][bot.engine] / GB,
        "models": bot.measured["models"] / GB,
    }


def of_month(photos: float, bot: Bot, stack: Stack) -> dict[str, float]:
    """What a month uses in which so many photos come, at random moments."""
    used = of_photos(photos, bot, cold=cold_share(photos))
    for name, amount in of_idle_month(bot, stack).items():
        used[name] = used.get(name, 0) + amount
    use = bot.measured["use"][bot.engine]
    names = {*use["webhook"]["metrics"], *use["recognizer"]["metrics"]}
    periods = HOURS * 3600 / SECRET_READ
    used["metrics"] = len(names) * share_with_any(photos / HOURS)
    used["keys"] += 2 * periods * share_with_any(photos / periods)
    return used


def cold_share(photos: float) -> float:
    """Share of so many photos a month, at random moments, that come when the last one's is gone."""
    return math.exp(-photos * KEPT_WARM / (HOURS * 3600))


def share_with_any(expected: float) -> float:
    """Of equal spans of time with so many photos each on average, those that have any."""
    return 1 - math.exp(-expected)
