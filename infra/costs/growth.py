"""How the bot grows, as tables of Markdown: the quotas, what cold starts meet, and the simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks.report import table
from infra.costs.quotas import bursts, quotas
from infra.costs.scenarios import RAISED, RATES, play, worlds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.costs.scenarios import Outcome, World
    from infra.costs.simulation import Run
    from infra.costs.stack import Stack
    from infra.costs.use import Times

Figures = dict[str, Any]

GREEDY, LONG = 40, 300.0
"""Photos a second, somewhat more than Telegram takes; for so many seconds."""
LONGER: Final = "longer"
"""Than the run, from when they were sent to its end."""
HEAD: Final = (
    "photos/s",
    "answers/s",
    "median wait, s",
    "p99, s",
    "recognizers",
    "webhooks",
    "batch",
    "unanswered",
    "$ an hour",
)


def limits(took: Times, measured: Figures, parts: Stack) -> str:
    """The quotas, those that bind first at the top."""
    return table(
        ("", "a photo takes", "limit", "photos/s at which it binds", "how to raise it", "source"),
        [
            (
                each.name,
                f"{each.demand:.3g} {each.unit}",
                f"{each.limit:,.0f}",
                f"**{each.binds_at:,.0f}**",
                each.raise_by,
                each.source,
            )
            for each in quotas(took, measured, parts)
        ],
    )


def starts(measured: Figures) -> str:
    """What cold starts meet."""
    return table(
        ("", "a cold start takes", "limit a second", "cold starts/s", "how to raise it", "source"),
        [
            (
                each.name,
                f"{each.demand:g}",
                f"{each.limit:,.0f}",
                f"**{each.starts:,.0f}**",
                each.raise_by,
                each.source,
            )
            for each in bursts(measured)
        ],
    )


def grown(took: Times, parts: Stack, measured: Figures) -> dict[World, list[Outcome]]:
    """Outcomes by which limits are lifted, for each rate."""
    return {
        world: [play(rate, took, parts, measured, **world.changes)[1] for rate in RATES]
        for world in worlds(parts)
    }


def greed(took: Times, parts: Stack, measured: Figures) -> str:
    """What comes of more recognizers where Telegram is what is short."""
    many, few = (
        play(GREEDY, took, parts, measured, seconds=LONG, maximum_concurrency=count)
        for count in (RAISED, parts.concurrency)
    )
    lost, kept = many[1].given_up / len(many[0].photos), few[1].given_up / len(few[0].photos)
    return (
        f"At {GREEDY} photos a second for {LONG / 60:.0f} minutes, {100 * lost:.0f} % are given up with "
        f"`MaximumConcurrency` {RAISED}, and {100 * kept:.0f} % with {parts.concurrency}, where they wait"
    )


def played(outcomes: Mapping[World, list[Outcome]]) -> str:
    """The simulation's table."""
    rows = [
        ("" if place else world.title, *cells(each))
        for world, runs in outcomes.items()
        for place, each in enumerate(runs)
    ]
    return table(("limits", *HEAD), rows)


def cells(each: Outcome) -> tuple[str, ...]:
    """One outcome, as `HEAD` names it."""
    return (
        f"{each.rate:,.0f}",
        f"{each.answered:,.1f}",
        f"{each.median:.2f}".replace("inf", LONGER),
        f"{each.p99:.2f}".replace("inf", LONGER),
        f"{each.recognizers}",
        f"{each.webhooks}",
        f"{each.batch:.1f}",
        f"{100 * each.unanswered:.0f} %",
        f"{each.dollars:,.2f}",
    )


def told(run: Run, each: Outcome) -> str:
    """One run for the terminal: its table, and what stands in the way if something does."""
    lines = [table(("", *HEAD), [("", *cells(each))])]
    lines.append(f"{len(run.photos):,} photos, {each.queued:,} still queued, {each.given_up:,} given up.")
    return "\n".join(lines)
