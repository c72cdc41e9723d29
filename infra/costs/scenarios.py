"""The scenarios that the page plays, and what is read off a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import mean
from typing import TYPE_CHECKING, Any, Final

from infra.costs.prices import bill
from infra.costs.quotas import CONNECTIONS, MOST_CONNECTIONS, ROUND_TRIP
from infra.costs.simulation import Photo, Run, Scenario, simulate
from infra.costs.use import AWS_CALL, FILE, GET_FILE, SEND

if TYPE_CHECKING:
    import random

    from infra.costs.simulation import Draw
    from infra.costs.stack import Stack
    from infra.costs.use import Times

RATES: Final = (10, 30, 100, 300, 1000)
"""Photos a second."""
SECONDS: Final = 120.0
RAISED: Final = 200
"""MaximumConcurrency, where it is raised."""
WAVER: Final = 0.3
"""Standard deviation of the logarithm of what a network call takes; assumed."""
SAMPLED: Final = 0.05
"""Of a function's traces, beyond the first in each second (Lambda's rule, which cannot be set)."""
COMPUTE: Final = 1024
"""MB of a GB, as Lambda bills."""


@dataclass(frozen=True)
class Outcome:
    """What a run shows. Waits in seconds, of the photos of its third quarter; infinite without an answer."""

    rate: float
    """Photos a second."""
    answered: float
    """A second, in the second half."""
    unanswered: float
    """Share of the photos of the first three quarters that have no answer at the end."""
    given_up: int
    median: float
    p99: float
    recognizers: int
    """At one time, at most."""
    webhooks: int
    batch: float
    queued: int
    """At the end."""
    dollars: float
    """An hour like it, cold starts included."""


def scenario(rate: float, took: Times, stack: Stack, engine: str = "litert", **changes: Any) -> Scenario:  # noqa: ANN401
    """The bot as the template deploys it, with changes; the limits are those of `infra.costs.quotas`."""
    as_it_is = Scenario(
        photos_per_second=rate,
        seconds=SECONDS,
        webhook=around(took.webhook),
        fetch=around(GET_FILE + FILE),
        recognise=lambda draw: took.overhead + lognormal(draw, took.recognise, took.spread),
        send=around(SEND + AWS_CALL),
        webhook_init=took.webhook_init,
        init=took.init,
        round_trip=ROUND_TRIP,
        maximum_concurrency=stack.concurrency,
        batch=stack.batch,
        attempts=stack.deliveries - 1,
        hidden=stack.hidden[engine],
    )
    return replace(as_it_is, **changes)


@dataclass(frozen=True, eq=False)
class World:
    """Which limits are lifted, and what then is in the way of more."""

    title: str
    changes: dict[str, Any]
    stopped_by: str


def worlds(stack: Stack) -> list[World]:
    """What the page compares; each lifts what stopped the one before."""
    free = {"messages_per_second": None}
    wide = free | {"maximum_concurrency": RAISED}
    return [
        World(
            f"as deployed (`MaximumConcurrency` {stack.concurrency})", {}, "Telegram's 30 messages a second"
        ),
        World("Telegram takes every answer", free, f"MaximumConcurrency {stack.concurrency}"),
        World(f"and `MaximumConcurrency` {RAISED}", wide, f"{CONNECTIONS} connections to the webhook"),
        World(f"and {MOST_CONNECTIONS} connections", wide | {"connections": MOST_CONNECTIONS}, "nothing yet"),
    ]


def outcome(run: Run, measured: dict[str, Any], memory: dict[str, int], engine: str = "litert") -> Outcome:
    """Read a run's figures."""
    seconds, half = run.scenario.seconds, run.scenario.seconds / 2
    judged = [photo for photo in run.photos if photo.sent < 0.75 * seconds]
    late = sorted(waited(photo) for photo in judged if photo.sent >= half)
    answers = [second.answered for second in run.seconds[int(half) :]]
    return Outcome(
        rate=run.scenario.photos_per_second,
        answered=mean(answers),
        unanswered=sum(photo.answered is None for photo in judged) / max(1, len(judged)),
        given_up=run.given_up,
        median=quantile(late, 0.5),
        p99=quantile(late, 0.99),
        recognizers=max(second.recognizers for second in run.seconds),
        webhooks=max(second.webhooks for second in run.seconds),
        batch=sum(photo.attempts for photo in run.photos) / max(1, run.batches),
        queued=run.seconds[-1].queued,
        dollars=sum(bill(used(run, measured, memory, engine)).values()) * 3600 / seconds,
    )


def used(run: Run, measured: dict[str, Any], memory: dict[str, int], engine: str) -> dict[str, float]:
    """What a run uses, in the units of the price list; idle costs are not in it."""
    use = measured["use"][engine]
    photos, answered = len(run.photos), sum(photo.answered is not None for photo in run.photos)
    attempts = sum(photo.attempts for photo in run.photos)
    webhook, recognizer = run.webhook, run.recognizer
    return {
        "compute_x86_64": (webhook.spent * memory["webhook"] + recognizer.spent * memory[engine]) / COMPUTE,
        "requests": webhook.invocations + recognizer.invocations,
        "queue": photos + 2 * run.batches,
        "fairness": photos + 2 * run.batches,
        "writes": photos * use["webhook"]["calls"].get("UpdateItem", 0)
        + attempts * sum(use["recognizer"]["calls"].values()),
        "reads": photos * use["webhook"]["calls"].get("GetItem", 0) / 2,
        "logs": (photos * use["webhook"]["logged"] + attempts * use["recognizer"]["logged"]) / 1e9,
        "traces": sum(traced(each.invocations, run.scenario.seconds) for each in (webhook, recognizer)),
        "transfer": answered * use["sent"] / 1e9,
    }


def traced(invocations: float, seconds: float) -> float:
    """Traces that X-Ray keeps of so many evenly spread invocations of a function."""
    return min(invocations, seconds + SAMPLED * max(0.0, invocations - seconds))


def play(
    rate: float,
    took: Times,
    stack: Stack,
    measured: dict[str, Any],
    engine: str = "litert",
    **changes: Any,  # noqa: ANN401 - of any of the scenario's fields
) -> tuple[Run, Outcome]:
    """Simulate, and read it."""
    run = simulate(scenario(rate, took, stack, engine, **changes))
    return run, outcome(run, measured, stack.memory, engine)


def waited(photo: Photo) -> float:
    """Seconds until its answer."""
    return math.inf if photo.answered is None else photo.answered - photo.sent


def quantile(sorted_values: list[float], share: float) -> float:
    """The value below which so large a share lies; infinite of nothing."""
    return (
        sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
        if sorted_values
        else math.inf
    )


def around(middle: float) -> Draw:
    """Log-normal, with this median."""
    return lambda draw: lognormal(draw, middle, WAVER)


def lognormal(draw: random.Random, median: float, spread: float) -> float:
    """A time with this median; `spread` is the standard deviation of its logarithm."""
    return median * math.exp(spread * draw.gauss(0.0, 1.0))
