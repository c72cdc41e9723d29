"""The pictures of docs/costs.md: what a thousand photos cost, and what becomes of more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib import pyplot as plt
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.picture import GRID, INK, OURS, STYLE, THEIRS, TICKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from infra.costs.scenarios import Outcome, World

BRIEF: Final = {
    "compute_x86_64": "Lambda's time",
    "compute_arm64": "Lambda's time",
    "requests": "Lambda's invocations",
    "queue": "SQS",
    "fairness": "SQS",
    "writes": "DynamoDB",
    "reads": "DynamoDB",
    "logs": "logs",
    "traces": "X-Ray",
    "transfer": "sending answers",
}
MARGIN: Final = 0.18
"""Inches, on both sides."""
COLOURS: Final = (THEIRS, "#93b4f5", OURS, "#0b3aa8")


def draw(
    bills: Mapping[str, Mapping[str, float]], outcomes: Mapping[World, Sequence[Outcome]], folder: Path
) -> list[Path]:
    """Draw both into the folder."""
    files = [folder / "costs.png", folder / "costs-growth.png"]
    with plt.rc_context(STYLE):
        for file, figure in zip(files, (shares(bills), growth(outcomes)), strict=True):
            figure.savefig(file, dpi=110)
            plt.close(figure)
    return files


def shares(bills: Mapping[str, Mapping[str, float]]) -> Figure:
    """A bar for each thing that a warm photo costs, in cents for a thousand."""
    cents: dict[str, float] = {}
    (title, dollars), *_ = bills.items()
    for name, amount in dollars.items():
        if amount:
            cents[BRIEF[name]] = cents.get(BRIEF[name], 0) + 100 * amount
    rows = sorted(cents.items(), key=lambda row: -row[1])
    figure, axes = plt.subplots(
        figsize=(8, 0.62 * len(rows) + 1.3), layout=ConstrainedLayoutEngine(w_pad=MARGIN)
    )
    for place, (_, amount) in enumerate(rows):
        axes.barh(place, amount, height=0.55, color=OURS if place == 0 else THEIRS)
        axes.text(amount + rows[0][1] * 0.015, place, f"{amount:.2f} ¢", va="center", weight="bold")
    axes.set_ylim(len(rows) - 0.5, -0.6)
    axes.set_xlim(0, rows[0][1] * 1.12)
    axes.set(xticks=[])
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], color=INK)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    figure.suptitle(
        f"1,000 photos: {sum(cents.values()):.2f} ¢ ({title.replace('`', '')})",
        x=0.02,
        ha="left",
        weight="bold",
        fontsize=17,
    )
    return figure


def growth(outcomes: Mapping[World, Sequence[Outcome]]) -> Figure:
    """Answers a second over photos a second, a line for each set of limits, named by what stops it."""
    figure, axes = plt.subplots(figsize=(9, 4.8), layout=ConstrainedLayoutEngine(w_pad=MARGIN))
    for colour, (world, rows) in zip(COLOURS, outcomes.items(), strict=True):
        rates, answers = [row.rate for row in rows], [row.answered for row in rows]
        axes.plot(rates, answers, color=colour, linewidth=2.5, marker="o")
        axes.text(1.12 * rates[-1], answers[-1], world.stopped_by, va="center", color=INK, fontsize=13)
    axes.set(xscale="log", yscale="log", xticks=rates, yticks=[10, 30, 100, 300, 1000])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(TICKS)
    axes.minorticks_off()
    axes.grid(axis="y", color=GRID, linewidth=1)
    axes.tick_params(length=0, which="both")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xlabel("photos a second", loc="left")
    axes.set_title("Answers a second, and what is in the way of more", fontsize=17)
    return figure
